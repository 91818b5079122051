/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Paths of descriptors that policies follow. A fork takes along its descriptors but not their
 * paths: the actions of the policy say what is followed, in each process.
 */
#ifndef GS_FOLLOWED_H
#define GS_FOLLOWED_H

#include "hook/call.h"

/* How many entries are looked at when one has to go. */
#define GS_EVICTION_LOOKS 32

static __always_inline __u64 start_of(struct task_struct *task)
{
	return BPF_CORE_READ(task, group_leader, start_boottime);
}

/* NULL: that descriptor is not followed. */
static __always_inline struct gs_followed *find_followed(const struct gs_call *call, __u32 fd)
{
	struct gs_fd_key key = {.pid = process_of(call), .fd = fd};
	struct gs_followed *found = bpf_map_lookup_elem(&followed_fds, &key);

	return found && found->start_ns == start_of(call->task) ? found : NULL;
}

struct gs_eviction {
	__u32 looks;
	__u32 done;
};

/* Of a process that has ended, or else the last that is looked at. */
#ifndef GS_WITHOUT_LOOP
static long evict_one(void *map, struct gs_fd_key *key, struct gs_followed *value,
		      struct gs_eviction *eviction)
{
	struct gs_fd_key victim = *key;

	if (++eviction->looks < GS_EVICTION_LOOKS && bpf_map_lookup_elem(&processes, &victim.pid))
		return 0;
	eviction->done = !bpf_map_delete_elem(&followed_fds, &victim);
	return 1;
}
#endif

/*
 * The map takes no more: makes room for one. The helper was added by 69c087ba6225 (5.13), so
 * kernels without bpf_loop are taken not to have it; there FollowFD fails, and is counted.
 */
static __always_inline bool make_room(void)
{
	struct gs_eviction eviction = {};

#ifndef GS_WITHOUT_LOOP
	bpf_for_each_map_elem(&followed_fds, evict_one, &eviction, 0);
#endif
	return eviction.done;
}

static __always_inline bool put_followed(const struct gs_call *call, __u32 fd,
					 const struct gs_followed *followed)
{
	struct gs_fd_key key = {.pid = process_of(call), .fd = fd};
	__u32 pid = key.pid;
	struct gs_facts *facts = bpf_map_lookup_elem(&process_facts, &pid);

	if (facts && facts->followed_fds <= fd && fd < GS_FOLLOWED_FDS)
		facts->followed_fds = fd + 1;
	if (!bpf_map_update_elem(&followed_fds, &key, followed, BPF_ANY))
		return true;
	return make_room() && !bpf_map_update_elem(&followed_fds, &key, followed, BPF_ANY);
}

/* False: it was not followed. */
static __always_inline bool drop_followed(const struct gs_call *call, __u32 fd)
{
	struct gs_fd_key key = {.pid = process_of(call), .fd = fd};

	return find_followed(call, fd) && !bpf_map_delete_elem(&followed_fds, &key);
}

#endif
