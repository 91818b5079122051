/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The selectors of a hook, in stages, the cheap ones first. Each stage is given a bit for each
 * selector that the stages before left, and takes away those that do not match.
 */
#ifndef GS_SELECTOR_H
#define GS_SELECTOR_H

#include "hook_call.h"

/* gs_hook_event.selector of a hook that has none: everything matches. */
#define GS_NO_SELECTOR 0xffff

struct gs_selector_config {
	__u32 count;
};

const volatile struct gs_selector_config selector_config;

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

/* Before anything of the call is read: process, binary, namespaces, capabilities. */
static __always_inline __u32 select_process(const struct gs_call *call)
{
	return 1;
}

/* call->raw is there, nothing is copied: integer arguments. */
static __always_inline __u32 select_numbers(const struct gs_call *call, __u32 candidates)
{
	return candidates;
}

/* call->scratch->draft has all that is read at entry. */
static __always_inline __u32 select_arguments(const struct gs_call *call, __u32 candidates)
{
	return candidates;
}

/* At return: call->returned_value is there, and in the draft, with what is read at return. */
static __always_inline __u32 select_return(const struct gs_call *call, __u32 candidates)
{
	return candidates;
}

#endif
