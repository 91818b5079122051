/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef GS_FORK_H
#define GS_FORK_H

#include "common/creds.h"
#include "selector/facts.h"
#include "common/key.h"
#include "common/ring.h"
#include "common/scope.h"

static __always_inline int on_fork(struct task_struct *creator, struct task_struct *child)
{
	__u64 now;
	__u32 pid = child->tgid;
	__u32 creator_pid = creator->tgid;
	struct gs_process *known, next = {};
	struct gs_key key = {};
	struct gs_fork fork = {};

	if (child->pid != child->tgid || child->flags & PF_KTHREAD)
		return 0;
	known = bpf_map_lookup_elem(&processes, &creator_pid);
	if (!child_in_scope(known, creator, child))
		return 0;

	now = bpf_ktime_get_boot_ns();
	key.pid = pid;
	key.key_ns = now;
	next.key_ns = now;
	next.parent = key_of(creator);
	next.flags = GS_FLAG_CLONE;
	if (bpf_map_update_elem(&processes, &pid, &next, BPF_ANY)) {
		count_table_full();
		if (scope_kind == GS_SCOPE_TREE)
			return 0; /* none of what it does later will be seen either */
		key.key_ns = start_key_ns(child); /* what exec and exit will call it */
	}
	facts_at_fork(creator_pid, child);

	fill_header(&fork.header, GS_RECORD_FORK, sizeof(fork), now, key, creator->pid);
	fork.parent = next.parent;
	fork.ns_pid = innermost_pid(child);
	send(&fork, sizeof(fork), GS_RECORD_FORK);
	return 0;
}

#endif
