/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Whether anybody wants the record of a call. Who does is known to the host, which says so here: of
 * a hook that nobody asks for, and of processes whose calls of a hook it has seen nobody take. What
 * an action does it does all the same.
 */
#ifndef GS_DEMAND_H
#define GS_DEMAND_H

#include "hook/call.h"
#include "selector/config.h"

/* A function of its own for the sake of the stack. */
static __noinline bool is_unwanted(const struct gs_call *call)
{
	__u32 place = hook_config.hook & (GS_DEMANDS - 1);
	const volatile struct gs_demand *demand = bpf_map_lookup_elem(&demands, &place);
	struct gs_unwanted_key key = {};

	/* what is counted in a tree has no reader to ask for it */
	if (hook_config.tree || !demand)
		return false;
	if (demand->nobody == hook_config.hook)
		return true;
	if (demand->judged != hook_config.hook || !call->known)
		return false;
	key.key_ns = call->known->key_ns;
	key.pid = process_of(call);
	key.hook = hook_config.hook;
	key.generation = demand->generation;
	return bpf_map_lookup_elem(&unwanted, &key);
}

#endif
