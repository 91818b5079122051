/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * One exit a process, from the last of its threads. Of threads that end together more
 * than one can be here with no thread left alive; one of them has to win.
 *
 * For a process in the table that is the one that deletes its entry. But who does not
 * find an entry cannot tell "never had one" from "another thread took it". So a winner
 * that leaves other threads behind (they are still counted in nr_threads) first puts a
 * mark into `exited`, as does who finds no entry; and who finds the mark has lost.
 */
#ifndef GS_EXIT_H
#define GS_EXIT_H

#include "selector/facts.h"
#include "common/key.h"
#include "common/ring.h"
#include "common/scope.h"

static __always_inline bool first_to_mark(struct task_struct *task)
{
	struct gs_exited key = {
		.start_ns = task->group_leader->start_boottime,
		.pid = task->tgid,
	};
	__u8 mark = 1;

	return bpf_map_update_elem(&exited, &key, &mark, BPF_NOEXIST) == 0;
}

/* As wait(2) tells it. */
static __always_inline __u32 wait_code(struct task_struct *task)
{
	struct signal_struct *signal = task->signal;

	return signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code
						 : task->group_leader->exit_code;
}

static __always_inline int on_exit(struct task_struct *task)
{
	__u32 pid = task->tgid;
	struct gs_process *known, last = {};
	struct gs_key key = {};
	struct gs_exit exit = {};
	__u64 now;

	if (task->signal->live.counter > 0 || task->flags & PF_KTHREAD)
		return 0;
	known = bpf_map_lookup_elem(&processes, &pid);
	if (known)
		last = *known;
	else if (!current_in_scope(known))
		return 0;

	if (scope_kind != GS_SCOPE_TREE && (!known || task->signal->nr_threads > 1) &&
	    !first_to_mark(task))
		return 0;
	if (known) {
		if (bpf_map_delete_elem(&processes, &pid))
			return 0;
	} else {
		last.key_ns = start_key_ns(task);
		last.parent = key_of(task->real_parent);
	}

	facts_at_exit(pid);
	key.pid = pid;
	key.key_ns = last.key_ns;
	now = bpf_ktime_get_boot_ns();
	fill_header(&exit.header, GS_RECORD_EXIT, sizeof(exit), now, key, task->pid);
	exit.parent = last.parent;
	exit.code = wait_code(task);
	send(&exit, sizeof(exit), GS_RECORD_EXIT);
	return 0;
}

#endif
