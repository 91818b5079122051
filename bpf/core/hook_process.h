/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Who makes the call; as key.h does it, but for programs to which a task is only an address. */
#ifndef GS_HOOK_PROCESS_H
#define GS_HOOK_PROCESS_H

#include "hook_call.h"
#include "key.h"

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

static __always_inline void fill_process(const struct gs_call *call, struct gs_key *self,
					 struct gs_key *parent)
{
	struct task_struct *task;

	if (call->known) {
		self->pid = process_of(call);
		self->key_ns = call->known->key_ns;
		*parent = call->known->parent;
		return;
	}
	task = call->task; /* by itself: offsets within struct gs_call are not the kernel's to tell
			    */
	*self = read_key_of(task);
	*parent = read_key_of(BPF_CORE_READ(task, real_parent));
}

#endif
