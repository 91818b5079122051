/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What is done about a call that a selector matched. */
#ifndef GS_ACTION_H
#define GS_ACTION_H

#include "hook_call.h"
#include "selector.h"

/* At entry, `selector` being the first that matched. True: a record is wanted. */
static __always_inline bool run_actions(struct gs_call *call, __u32 selector)
{
	call->actions |= GS_ACTION_POST;
	return true;
}

/* At return, of a hook that reports there. */
static __always_inline bool run_return_actions(struct gs_call *call, __u32 selector)
{
	call->actions |= GS_ACTION_POST;
	return true;
}

/* Stacks that the record is to have. */
static __always_inline bool wants_kernel_stack(__u32 selector)
{
	return false;
}

static __always_inline bool wants_user_stack(__u32 selector)
{
	return false;
}

#endif
