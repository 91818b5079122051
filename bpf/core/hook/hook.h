/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The stages of a hook, the cheap ones first: scope, what the selectors say of the process, of the
 * integer arguments, of what had to be copied; then actions, and the record, or the wait for the
 * return.
 */
#ifndef GS_HOOK_H
#define GS_HOOK_H

#include "hook/action.h"
#include "common/demand.h"
#include "hook/copy.h"
#include "hook/return.h"
#include "hook/tree.h"
#include "selector/selector.h"

/* Everything from the copy of the arguments on; the scratch is ours. */
static __always_inline void with_scratch(struct gs_call *call, __u32 candidates)
{
	__u32 selector;
	bool wanted;

	copy_arguments(call);
	candidates = select_arguments(call, candidates);
	if (!candidates) {
		count_hook(call, filtered);
		return;
	}
	selector = first_selector(candidates);
	wanted = run_actions(call, selector);
	note_outcome(call, selector);
	if (hook_config.has_return && wanted) {
		wait_for_return(call, candidates);
	} else if (wanted && selector_config.acts && is_unwanted(call)) {
		count_hook(call, unwanted);
	} else if (wanted) {
		report(call, selector);
	} else {
		count_hook(call, filtered);
	}
}

/* Returns what the program is to return: 0, or the error that overrides the call. */
static __always_inline int on_call(struct gs_call *call)
{
	__u32 candidates;

	if (!begin_call(call))
		return 0;
	count_hook(call, calls);
	/* Of one that waits for the return somebody may want it by then. */
	if (!selector_config.acts && !hook_config.has_return && is_unwanted(call)) {
		count_hook(call, unwanted);
		return 0;
	}
	candidates = select_process(call);
	if (!candidates) {
		count_hook(call, filtered);
		return 0;
	}
	run_part(read_raw(call));
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
