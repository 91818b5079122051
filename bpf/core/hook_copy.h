/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Arguments into the record, each behind the one before. Where the next one goes stands in the
 * draft and not in a variable, for the same reason as in strings.h.
 */
#ifndef GS_HOOK_COPY_H
#define GS_HOOK_COPY_H

#include "hook_source.h"

/* Where the payload of the next argument goes; the host has left room for it behind data_max. */
static __always_inline void *payload(struct gs_hook_draft *draft)
{
	__u64 at = *(volatile __u32 *)&draft->at;

	return &draft->data[at_most(at, hook_config.data_max) + sizeof(struct gs_arg)];
}

/* The argument whose payload is there is whole: the next one goes behind it, padded with zeros. */
static __always_inline void put_argument(struct gs_hook_draft *draft, __u8 kind, __u8 position,
					 __u16 error, __u32 size)
{
	__u64 at = at_most(*(volatile __u32 *)&draft->at, hook_config.data_max);
	struct gs_arg *arg = (struct gs_arg *)&draft->data[at];

	arg->kind = kind;
	arg->position = position;
	arg->error = error;
	arg->size = size;
	draft->at = at + sizeof(*arg) + ((size + 7) & ~7u);
	draft->args++;
}

/* The last bytes of the payload, if it may end between two words; before it is written. */
static __always_inline void pad_payload(struct gs_hook_draft *draft, __u64 size, __u64 max)
{
	__u64 last = at_most(size & ~7ull, max);

	*(__u64 *)(payload(draft) + last) = 0;
}

static __always_inline __u32 copy_int(struct gs_hook_draft *draft, __u64 value)
{
	*(__u64 *)payload(draft) = value;
	return sizeof(value);
}

/* One byte more than is reported shows whether there is more. */
static __always_inline __u16 copy_string(struct gs_hook_draft *draft,
					 const volatile struct gs_hook_argument *arg, __u64 from,
					 __u32 *size)
{
	struct gs_bytes *bytes = payload(draft);
	__u64 max = arg->max_data;
	long read;

	bytes->original_size = 0;
	*size = sizeof(*bytes);
	if (!from)
		return GS_ARG_NULL;
	if (arg->is_user)
		read = bpf_probe_read_user_str(bytes + 1, max + 2, (void *)from);
	else
		read = bpf_probe_read_kernel_str(bytes + 1, max + 2, (void *)from);
	if (read <= 0)
		return GS_ARG_FAULT;
	bytes->original_size = read - 1;
	*size += at_most(read - 1, max);
	return GS_ARG_OK;
}

static __always_inline void copy_argument(struct gs_hook_draft *draft,
					  const volatile struct gs_hook_argument *arg,
					  __u8 position, __u64 value, __u16 error)
{
	__u32 size = 0;

	if (arg->copy == GS_COPY_INT || arg->copy == GS_COPY_INT_AT) {
		size = copy_int(draft, value);
		put_argument(draft, GS_ARG_INT, position, error, size);
	}
	if (arg->copy == GS_COPY_STRING) {
		if (error)
			put_argument(draft, GS_ARG_STRING, position, error, 0);
		else {
			error = copy_string(draft, arg, value, &size);
			put_argument(draft, GS_ARG_STRING, position, error, size);
		}
	}
}

/* What is read at entry. */
static __always_inline void copy_arguments(struct gs_call *call)
{
	struct gs_hook_draft *draft = &call->scratch->draft;

	draft->at = sizeof(struct gs_hook_event);
	draft->args = 0;
	for (__u32 i = 0; i < GS_HOOK_ARGS; i++) {
		if (i >= hook_config.args)
			break;
		draft->argument_at[i] = draft->at;
		if (!hook_config.arg[i].at_return)
			copy_argument(draft, &hook_config.arg[i], i, call->raw[i], call->error[i]);
	}
}

#endif
