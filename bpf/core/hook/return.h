/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Entry and return of a call in one record: what was read at entry waits for the return, by thread.
 * Of calls inside each other in one thread only the innermost is seen to return; the others are
 * counted. So are those whose return never comes, when the same thread makes its next call.
 */
#ifndef GS_HOOK_RETURN_H
#define GS_HOOK_RETURN_H

#include "common/demand.h"
#include "hook/copy.h"
#include "hook/tree.h"
#include "selector/selector.h"

struct gs_pending_key {
	__u64 thread;
	__u32 hook;
	__u32 pad;
};

/* Shared by hooks of about the same size; the host sets value size and number of entries. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct gs_pending_key);
	__type(value, struct gs_hook_draft);
} hook_pending SEC(".maps");

static __always_inline struct gs_pending_key pending_key(__u64 thread)
{
	struct gs_pending_key key = {.thread = thread, .hook = hook_config.hook};

	return key;
}

static __always_inline void wait_for_return(struct gs_call *call, __u32 candidates)
{
	struct gs_pending_key key = pending_key(call->thread);
	struct gs_hook_draft *draft = &call->scratch->draft;

	draft->candidates = candidates;
	if (!bpf_map_update_elem(&hook_pending, &key, draft, BPF_NOEXIST))
		return;
	if (!bpf_map_update_elem(&hook_pending, &key, draft, BPF_EXIST))
		count_hook(call, unmatched); /* the one that was there */
	else
		count_hook_lost(call); /* the map is full */
}

/* One argument that was read at entry, behind those that the draft has. */
static __always_inline void take_over(struct gs_hook_draft *draft,
				      const struct gs_hook_draft *pending, __u32 i)
{
	__u64 from = at_most(pending->argument_at[i], hook_config.data_max), size;
	const struct gs_arg *arg = (const struct gs_arg *)&pending->data[from];
	__u64 at = draft_end(draft);

	size = sizeof(*arg) + ((arg->size + 7) & ~7ull);
	size = at_most(size, sizeof(*arg) + hook_config.payload_max);
	bpf_probe_read_kernel(&draft->data[at], size, arg);
	draft->at = at + size;
	draft->args++;
}

/* In the order of the policy's list: those read at entry and those read now. */
static __always_inline void copy_late_arguments(struct gs_call *call,
						const struct gs_hook_draft *pending)
{
	struct gs_hook_draft *draft = &call->scratch->draft;

	bpf_probe_read_kernel(&draft->event, sizeof(draft->event), &pending->event);
	draft->at = sizeof(struct gs_hook_event);
	draft->args = 0;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < GS_HOOK_ARGS; i++) {
		const volatile struct gs_hook_argument *arg = &hook_config.arg[i];

		if (i >= hook_config.args)
			break;
		draft->argument_at[i] = draft->at;
		if (arg->at_return)
			run_part(copy_argument(call, arg, i, pending->raw[i], GS_ARG_OK));
		else if (arg->copy != GS_COPY_NOTHING)
			take_over(draft, pending, i);
	}
}

/* The draft as it was at entry, and behind it what the return brings. */
static __always_inline void complete_draft(struct gs_call *call,
					   const struct gs_hook_draft *pending)
{
	struct gs_hook_draft *draft = &call->scratch->draft;
	const volatile struct gs_hook_argument *returned = &hook_config.returned;
	__u16 error;

	if (hook_config.late_args) {
		copy_late_arguments(call, pending);
	} else {
		__u64 size = offsetof(struct gs_hook_draft, data) +
			     at_most(pending->at, hook_config.data_max);

		bpf_probe_read_kernel(draft, size, pending);
	}
	draft->candidates = pending->candidates;
	draft->argument_at[GS_HOOK_ARGS] = draft->at;
	error = read_value(call, returned, &call->raw[0]);
	call->returned_value = call->raw[0];
	run_part(copy_argument(call, returned, GS_POSITION_RETURN, call->returned_value, error));
}

static __always_inline void with_return(struct gs_call *call)
{
	struct gs_hook_event *event = &call->scratch->draft.event;
	__u32 candidates, selector;

	candidates = select_return(call, call->scratch->draft.candidates);
	if (!candidates) {
		count_hook(call, filtered);
		return;
	}
	selector = first_selector(candidates);
	call->actions = event->actions;
	call->signal = event->signal;
	call->override_error = event->override_error;
	call->flags = event->flags | GS_HOOK_RETURNED;
	if (!run_return_actions(call, selector)) {
		count_hook(call, filtered);
		return;
	}
	if (is_unwanted(call)) {
		count_hook(call, unwanted);
		return;
	}
	note_outcome(call, selector);
	report(call, selector);
}

static __always_inline int on_return(struct gs_call *call)
{
	struct gs_pending_key key = pending_key(bpf_get_current_pid_tgid());
	struct gs_hook_draft *pending = bpf_map_lookup_elem(&hook_pending, &key);

	if (!pending || !begin_call(call))
		return 0;
	call->returned = read_source(call, &hook_config.result);
	call->scratch = take_scratch();
	if (!call->scratch) {
		count_hook_lost(call);
		bpf_map_delete_elem(&hook_pending, &key);
		return 0;
	}
	complete_draft(call, pending);
	bpf_map_delete_elem(&hook_pending, &key);
	with_return(call);
	give_scratch_back(call->scratch);
	return 0;
}

#endif
