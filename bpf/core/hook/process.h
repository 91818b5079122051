/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Who makes the call. */
#ifndef GS_HOOK_PROCESS_H
#define GS_HOOK_PROCESS_H

#include "hook/call.h"
#include "common/key.h"

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
