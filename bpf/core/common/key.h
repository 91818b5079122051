/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Names of process instances; the rule stands at the head of record.h. */
#ifndef GS_KEY_H
#define GS_KEY_H

#include "common/maps.h"

/* What a clock tick of /proc is: USER_HZ is 100 on every architecture we run on. */
#define GS_TICK_NS 10000000ull

/* The name of a process that the table does not have. Same as from field 22 of /proc/PID/stat. */
static __always_inline __u64 start_key_ns(struct task_struct *task)
{
	return task->group_leader->start_boottime / GS_TICK_NS * GS_TICK_NS;
}

static __always_inline struct gs_key key_of(struct task_struct *task)
{
	struct gs_key key = {};
	__u32 pid = task->tgid;
	struct gs_process *known;

	if (task->flags & PF_KTHREAD) {
		key.key_ns = GS_KERNEL_KEY_NS;
		return key;
	}
	key.pid = pid;
	known = bpf_map_lookup_elem(&processes, &pid);
	key.key_ns = known ? known->key_ns : start_key_ns(task);
	return key;
}

/* The same for programs to which a task is only an address. */
static __always_inline struct gs_key read_key_of(struct task_struct *task)
{
	struct gs_key key = {};
	struct gs_process *known;
	__u32 pid;

	if (BPF_CORE_READ(task, flags) & PF_KTHREAD) {
		key.key_ns = GS_KERNEL_KEY_NS;
		return key;
	}
	pid = BPF_CORE_READ(task, tgid);
	key.pid = pid;
	known = bpf_map_lookup_elem(&processes, &pid);
	if (known)
		key.key_ns = known->key_ns;
	else
		key.key_ns =
			BPF_CORE_READ(task, group_leader, start_boottime) / GS_TICK_NS * GS_TICK_NS;
	return key;
}

#endif
