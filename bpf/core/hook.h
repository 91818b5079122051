/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The stages of a hook, the cheap ones first: scope, what the selectors say of the process, of the
 * integer arguments, of what had to be copied; then actions, and the record.
 */
#ifndef GS_HOOK_H
#define GS_HOOK_H

#include "action.h"
#include "hook_copy.h"
#include "hook_send.h"
#include "selector.h"

/* The first that matched is the one that acts. */
static __always_inline __u32 first_selector(__u32 candidates)
{
	if (!selector_config.count)
		return GS_NO_SELECTOR;
	for (__u32 i = 0; i < 32; i++)
		if (i >= selector_config.count || candidates & (1u << i))
			return i;
	return GS_NO_SELECTOR;
}

/* Everything from the copy of the arguments on; the scratch is ours. */
static __always_inline void with_scratch(struct gs_call *call, __u32 candidates)
{
	__u32 selector;

	copy_arguments(call);
	candidates = select_arguments(call, candidates);
	if (!candidates) {
		count_hook(call, filtered);
		return;
	}
	selector = first_selector(candidates);
	if (run_actions(call, selector))
		send_record(call, selector);
	else
		count_hook(call, filtered);
}

/* Returns what the program is to return: 0, or the error that overrides the call. */
static __always_inline int on_call(struct gs_call *call)
{
	__u32 candidates;

	if (!begin_call(call))
		return 0;
	count_hook(call, calls);
	candidates = select_process(call);
	if (!candidates) {
		count_hook(call, filtered);
		return 0;
	}
	read_raw(call);
	candidates = select_numbers(call, candidates);
	if (!candidates) {
		count_hook(call, filtered);
		return 0;
	}
	call->scratch = take_scratch();
	if (!call->scratch) {
		count_hook_lost(call);
		return 0;
	}
	with_scratch(call, candidates);
	give_scratch_back(call->scratch);
	return call->override_error;
}

#endif
