/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Where the records of hooks are put together. All hooks share a few places on each CPU: a hook may
 * be interrupted by another one, but not by so many. Who comes when all are taken loses its record,
 * and counts it.
 */
#ifndef GS_HOOK_SCRATCH_H
#define GS_HOOK_SCRATCH_H

#include "hook/config.h"
#include "common/scratch.h"

#define GS_HOOK_PLACES 4

/* A record as far as it is there; of a hook that reports at return this waits until then. */
struct gs_hook_draft {
	__u32 at;			     /* end of what is there in data */
	__u32 candidates;		     /* a bit for each selector that matched so far */
	__u32 argument_at[GS_HOOK_ARGS + 1]; /* where each struct gs_arg lies; last: the return */
	__u32 args;			     /* how many are there */
	__u32 filled;			     /* of a payload that is put together from pieces */
	__u64 raw[GS_HOOK_ARGS];	     /* as in struct gs_call */
	union {
		struct gs_hook_event event;
		__u8 data[GS_HOOK_DATA_MAX];
	};
};

/* Its size in the map is what the hooks that share it need; the host sets it. */
struct gs_hook_scratch {
	__u64 users; /* more than one: somebody else has it */
	struct gs_text_scratch text;
	struct gs_followed followed;
	struct gs_walk walk;
	struct gs_hook_draft draft;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GS_HOOK_PLACES); /* times the number of CPUs */
	__type(key, __u32);
	__type(value, struct gs_hook_scratch);
} hook_scratches SEC(".maps");

/*
 * Tasks that preempt each other may give places back in any order, so a place is taken by counting
 * its users: of two that try at once one or both go on to the next, never do both stay.
 */
static __always_inline struct gs_hook_scratch *take_scratch(void)
{
	__u32 first = bpf_get_smp_processor_id() * hook_config.scratches;

	for (__u32 i = 0; i < GS_HOOK_PLACES; i++) {
		__u32 place = first + i;
		struct gs_hook_scratch *scratch;

		if (i >= hook_config.scratches)
			break;
		scratch = bpf_map_lookup_elem(&hook_scratches, &place);
		if (!scratch)
			return NULL;
		__sync_fetch_and_add(&scratch->users, 1);
		if (*(volatile __u64 *)&scratch->users == 1)
			return scratch;
		__sync_fetch_and_add(&scratch->users, -1);
	}
	return NULL;
}

static __always_inline void give_scratch_back(struct gs_hook_scratch *scratch)
{
	__sync_fetch_and_add(&scratch->users, -1);
}

#endif
