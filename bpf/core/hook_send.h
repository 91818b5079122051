/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The record of a hook, into the ring. */
#ifndef GS_HOOK_SEND_H
#define GS_HOOK_SEND_H

#include "hook_process.h"

static __always_inline void send_record(struct gs_call *call, __u32 selector)
{
	struct gs_hook_draft *draft = &call->scratch->draft;
	struct gs_hook_event *event = &draft->event;
	__u64 now = bpf_ktime_get_boot_ns(), size;
	struct gs_key self = {}, parent = {};

	fill_process(call, &self, &parent);
	/* behind data_max there is room for one argument more, and this is the end of the last */
	size = at_most(*(volatile __u32 *)&draft->at, hook_config.data_max);
	fill_header(&event->header, GS_RECORD_HOOK, size, now, self, thread_of(call));
	event->parent = parent;
	event->hook = hook_config.hook;
	event->selector = selector;
	event->args = draft->args;
	event->signal = call->signal;
	event->actions = call->actions;
	event->flags = call->flags;
	event->override_error = call->override_error;
	event->pad = 0;
	if (send(draft->data, size, GS_RECORD_HOOK, now))
		count_hook(call, posted);
	else
		count_hook(call, lost); /* and in gs_counters, by send() */
}

#endif
