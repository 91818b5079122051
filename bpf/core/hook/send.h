/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The record of a hook, into the ring. */
#ifndef GS_HOOK_SEND_H
#define GS_HOOK_SEND_H

#include "hook/action.h"
#include "hook/draft.h"
#include "hook/process.h"

/* Addresses, innermost first; as many as the kernel walks by default (kernel.perf_event_max_stack).
 */
#define GS_STACK_BYTES (127 * 8)

static __always_inline void put_stack(struct gs_call *call, __u8 position, __u64 flags)
{
	struct gs_hook_draft *draft = &call->scratch->draft;
	struct gs_copied copied = {.kind = GS_ARG_STACK};
	long size = bpf_get_stack(call->ctx, payload(draft), GS_STACK_BYTES, flags);

	if (size > 0)
		copied.size = at_most(size, GS_STACK_BYTES);
	else
		copied.error = GS_ARG_FAULT; /* such as the user stack of a kernel thread */
	put_argument(draft, position, &copied);
}

static __noinline int put_stacks(struct gs_call *call, __u32 selector)
{
	if (wants_kernel_stack(call, selector))
		put_stack(call, GS_POSITION_KERNEL_STACK, 0);
	if (wants_user_stack(call, selector))
		put_stack(call, GS_POSITION_USER_STACK, BPF_F_USER_STACK);
	return part_done();
}

/* What is to be said of the call besides its arguments; at entry also for the return to come. */
static __always_inline void note_outcome(struct gs_call *call, __u32 selector)
{
	struct gs_hook_event *event = &call->scratch->draft.event;

	event->hook = hook_config.hook;
	event->selector = selector;
	event->signal = call->signal;
	event->actions = call->actions;
	event->flags = call->flags;
	event->override_error = call->override_error;
	event->pad = 0;
}

static __noinline int send_record(struct gs_call *call)
{
	struct gs_hook_draft *draft = &call->scratch->draft;
	struct gs_hook_event *event = &draft->event;
	__u64 now = bpf_ktime_get_boot_ns(), size = draft_end(draft);
	struct gs_key self = {}, parent = {};

	fill_process(call, &self, &parent);
	fill_header(&event->header, GS_RECORD_HOOK, size, now, self, thread_of(call));
	event->parent = parent;
	event->args = draft->args;
	if (send(draft->data, size, GS_RECORD_HOOK))
		count_hook(call, posted);
	else
		count_hook(call, lost); /* and in gs_counters, by send() */
	return part_done();
}

#endif
