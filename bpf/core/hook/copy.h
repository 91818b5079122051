/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Arguments into the record, each by its type. */
#ifndef GS_HOOK_COPY_H
#define GS_HOOK_COPY_H

#include "hook/bytes.h"
#include "hook/objects.h"
#include "hook/path.h"
#include "hook/sock.h"
#include "hook/sockaddr.h"
#include "hook/source.h"

static __always_inline void copy_int(struct gs_hook_draft *draft, __u64 value,
				     struct gs_copied *copied)
{
	*(__u64 *)payload(draft) = value;
	copied->kind = GS_ARG_INT;
	copied->size = sizeof(value);
}

/* How many bytes or pieces; what a failed call returned is no length. */
static __always_inline __u64 length_of(const struct gs_call *call,
				       const volatile struct gs_hook_argument *arg)
{
	__u64 length = read_source(call, &arg->length);

	if (arg->length.kind == GS_SOURCE_RETURN && (__s64)length < 0)
		return 0;
	return length;
}

static __always_inline void copy_data(struct gs_call *call,
				      const volatile struct gs_hook_argument *arg, __u64 value,
				      struct gs_copied *copied)
{
	struct gs_hook_draft *draft = &call->scratch->draft;

	switch (arg->copy) {
	case GS_COPY_STRING:
		return copy_string(draft, arg, value, copied);
	case GS_COPY_BUFFER:
		return copy_buffer(draft, arg, value, length_of(call, arg), arg->is_user, copied);
	case GS_COPY_IOVEC:
		return copy_iovec(draft, arg, value, length_of(call, arg), copied);
	case GS_COPY_ITER:
		return copy_iter(draft, arg, (void *)value, copied);
	case GS_COPY_FILE:
		return copy_file(call, (void *)value, copied);
	case GS_COPY_PATH:
		return copy_path(call, (void *)value, copied);
	case GS_COPY_DENTRY:
		return copy_location(call, (void *)value, NULL, copied);
	case GS_COPY_SOCKADDR:
		return copy_sockaddr(draft, value, arg->is_user, copied);
	default:
		return;
	}
}

static __always_inline void copy_object(struct gs_hook_draft *draft, __u32 copy, void *value,
					struct gs_copied *copied)
{
	switch (copy) {
	case GS_COPY_SOCK:
		return copy_sock(draft, value, copied);
	case GS_COPY_SKB:
		return copy_skb(draft, value, copied);
	case GS_COPY_CRED:
		return copy_cred(draft, value, copied);
	case GS_COPY_USER_NS:
		return copy_user_ns(draft, value, copied);
	case GS_COPY_BPF_ATTR:
		return copy_bpf_attr(draft, (__u64)value, copied);
	case GS_COPY_BPF_PROG:
		return copy_bpf_prog(draft, value, copied);
	case GS_COPY_BPF_MAP:
		return copy_bpf_map(draft, value, copied);
	case GS_COPY_PERF_EVENT:
		return copy_perf_event(draft, value, copied);
	case GS_COPY_MODULE:
		return copy_module(draft, value, copied);
	case GS_COPY_LOAD_INFO:
		return copy_load_info(draft, value, copied);
	default:
		return;
	}
}

/*
 * Behind what the draft has. A function of its own, since it is called from several places and is
 * most of the program; the verifier walks it for each of them, so it is made for this hook all the
 * same.
 */
static __noinline int copy_argument(struct gs_call *call,
				    const volatile struct gs_hook_argument *arg, __u8 position,
				    __u64 value, __u16 error)
{
	struct gs_hook_draft *draft = &call->scratch->draft;
	struct gs_copied copied = {.kind = arg->kind, .error = error};
	__u32 copy = arg->copy;

	if (copy == GS_COPY_NOTHING)
		return part_done();
	if (copy == GS_COPY_INT || copy == GS_COPY_INT_AT) {
		copy_int(draft, value, &copied);
	} else if (copy == GS_COPY_FD) {
		copy_fd(call, value, &copied);
	} else if (!value && !error) {
		copied.error = GS_ARG_NULL;
	} else if (!error) {
		copy_data(call, arg, value, &copied);
		copy_object(draft, copy, (void *)value, &copied);
	}
	put_argument(draft, position, &copied);
	return part_done();
}

/* What is read at entry. */
static __always_inline void copy_arguments(struct gs_call *call)
{
	struct gs_hook_draft *draft = &call->scratch->draft;

	draft->at = sizeof(struct gs_hook_event);
	draft->args = 0;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < GS_HOOK_ARGS; i++) {
		const volatile struct gs_hook_argument *arg = &hook_config.arg[i];

		if (i >= hook_config.args)
			break;
		draft->argument_at[i] = draft->at;
		draft->raw[i] = call->raw[i];
		if (!arg->at_return)
			run_part(copy_argument(call, arg, i, call->raw[i], call->error[i]));
	}
}

#endif
