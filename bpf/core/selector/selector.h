/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The selectors of a hook, in stages, the cheap ones first. Each stage is given a bit for each
 * selector that the stages before left, and takes away those that do not match.
 */
#ifndef GS_SELECTOR_H
#define GS_SELECTOR_H

#include "selector/args.h"

/* Those of the candidates that match. `one` is given a selector. */
#define select_from(call, candidates, one)                                                         \
	({                                                                                         \
		__u32 left = 0;                                                                    \
		_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < GS_SELECTORS; i++)     \
		{                                                                                  \
			if (i >= selector_config.count)                                            \
				break;                                                             \
			if ((candidates)&1u << i)                                                  \
				left |= blurred(call, one(&selector_config.selector[i])) << i;     \
		}                                                                                  \
		left;                                                                              \
	})

static __always_inline void know_caller(const struct gs_call *call, struct gs_caller *caller)
{
	__u32 pid = process_of(call);

	if (selector_config.needs_facts)
		caller->facts = bpf_map_lookup_elem(&process_facts, &pid);
	if (selector_config.needs_marks) {
		const struct gs_marks *marks = bpf_map_lookup_elem(&process_marks, &pid);

		if (marks)
			caller->marks = *marks;
	}
	if (selector_config.needs_own_pid)
		caller->own_pid = read_own_pid(call->task);
}

/* The first that matched is the one that acts. */
static __always_inline __u32 first_selector(__u32 candidates)
{
	if (!selector_config.count)
		return GS_NO_SELECTOR;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < 32; i++)
		if (i >= selector_config.count || candidates & (1u << i))
			return i;
	return GS_NO_SELECTOR;
}

/* Before anything of the call is read: process, binary, namespaces, capabilities. */
static __noinline __u32 select_process(const struct gs_call *call)
{
	struct gs_hook_scratch *scratch = NULL;
	struct gs_caller caller = {};
	__u32 candidates;

	if (!selector_config.count)
		return 1;
	if (!selector_config.needs_process)
		return (1u << selector_config.count) - 1;
	know_caller(call, &caller);
	if (selector_config.needs_text) {
		scratch = take_scratch();
		if (!scratch) {
			count_hook_lost(call);
			return 0;
		}
		caller.scratch = &scratch->text;
	}
#define PROCESS(selector) process_matches(call, &caller, selector)
	candidates = select_from(call, 0xffu, PROCESS);
	if (scratch)
		give_scratch_back(scratch);
	return candidates;
}

/* call->raw is there, nothing is copied: integer arguments. */
static __always_inline __u32 select_numbers(const struct gs_call *call, __u32 candidates)
{
#define NUMBERS(selector) args_match(call, selector, GS_STAGE_NUMBERS)
	if (!selector_config.needs_numbers)
		return candidates;
	return select_from(call, candidates, NUMBERS);
}

/* call->scratch->draft has all that is read at entry. */
static __always_inline __u32 select_arguments(const struct gs_call *call, __u32 candidates)
{
#define COPIED(selector) args_match(call, selector, GS_STAGE_COPIED)
	if (!selector_config.needs_copied)
		return candidates;
	return select_from(call, candidates, COPIED);
}

/* At return: call->returned_value is there, and in the draft, with what is read at return. */
static __always_inline __u32 select_return(const struct gs_call *call, __u32 candidates)
{
#define AT_RETURN(selector)                                                                        \
	(args_match(call, selector, GS_STAGE_RETURN) && returned_matches(call, selector))
	if (!selector_config.needs_returned)
		return candidates;
	return select_from(call, candidates, AT_RETURN);
}

#endif
