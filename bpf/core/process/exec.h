/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef GS_EXEC_H
#define GS_EXEC_H

#include "process/args.h"
#include "process/cgroup.h"
#include "common/creds.h"
#include "selector/facts.h"
#include "process/file.h"
#include "common/key.h"
#include "common/path.h"
#include "common/ring.h"
#include "common/scope.h"
#include "common/strings.h"
#include "common/syscall.h"

struct gs_renaming {
	struct gs_key key;
	struct gs_key parent;
	__u64 previous_key_ns;
	__u32 flags;
};

/* Gives the process its new name, in the table too, and tells what the table had. */
static __always_inline void rename(struct gs_renaming *renaming, struct task_struct *task,
				   struct gs_process *known, __u64 now)
{
	struct gs_process next = {.key_ns = now};
	__u32 pid = task->tgid;

	renaming->key.pid = pid;
	renaming->key.key_ns = now;
	if (known) {
		renaming->previous_key_ns = known->key_ns;
		renaming->parent = known->parent;
		renaming->flags = known->flags & GS_FLAG_CLONE;
		known->key_ns = now;
		known->flags = 0;
		return;
	}
	renaming->previous_key_ns = start_key_ns(task);
	renaming->parent = key_of(task->real_parent);
	next.parent = renaming->parent;
	if (bpf_map_update_elem(&processes, &pid, &next, BPF_ANY)) {
		count_table_full();
		renaming->key.key_ns = renaming->previous_key_ns; /* what its exit will call it */
	}
}

/* Sends the arguments ahead if they are too long for the record. Returns what is left for it. */
static __always_inline __u32 args_ahead(struct gs_spill *spill, struct mm_struct *mm,
					const bool has_loop)
{
	unsigned long start = mm->arg_start;
	unsigned long end = mm->arg_end;

	spill->area = (const char *)start;
	if (end < start || end - start > GS_AREA_MAX) {
		spill->flags = GS_FLAG_ERROR_ARGS;
		count_read_failed();
		return 0;
	}
	spill->size = end - start;
	if (spill->size <= GS_INLINE_ARGS_MAX)
		return spill->size;
	spill_args(spill, has_loop);
	return 0;
}

static __always_inline void fill_exec(struct gs_exec *exec, struct task_struct *task,
				      struct linux_binprm *bprm, const struct gs_renaming *renaming)
{
	__builtin_memset(exec, 0, sizeof(*exec));
	exec->parent = renaming->parent;
	exec->previous_key_ns = renaming->previous_key_ns;
	exec->start_ns = task->group_leader->start_boottime;
	exec->flags = renaming->flags | GS_FLAG_EXECVE;
	if (by_execveat(task, bprm))
		exec->flags |= GS_FLAG_EXECVEAT;
	fill_creds(exec, task);
	fill_namespaces(exec, task);
	exec->cgroup_id = task->cgroups->dfl_cgrp->kn->id;
}

static __always_inline int on_exec(struct task_struct *task, pid_t old_pid,
				   struct linux_binprm *bprm, const bool has_loop)
{
	__u32 pid = task->tgid, zero = 0, inline_args;
	__u64 size;
	struct gs_process *known = bpf_map_lookup_elem(&processes, &pid);
	struct gs_renaming renaming = {};
	struct gs_spill spill = {};
	struct gs_scratch *scratch;
	struct gs_exec *exec;
	const char *filename, *interpreter;

	if (!current_in_scope(known))
		return 0;
	scratch = bpf_map_lookup_elem(&scratches, &zero);
	if (!scratch)
		return 0;
	spill.now = bpf_ktime_get_boot_ns();
	rename(&renaming, task, known, spill.now);

	spill.scratch = scratch;
	spill.key = renaming.key;
	spill.tid = old_pid;
	inline_args = args_ahead(&spill, task->mm, has_loop);
	renaming.flags |= spill.flags;

	exec = &scratch->exec;
	fill_exec(exec, task, bprm, &renaming);
	scratch->at = sizeof(*exec);
	filename = bprm->filename;
	interpreter = bprm->interp;
	exec->binary_size = put_kernel_string(scratch, filename);
	if (interpreter != filename)
		exec->interpreter_size = put_kernel_string(scratch, interpreter);
	exec->cwd_size = put_cwd(scratch, task, has_loop);
	exec->cgroup_name_size = put_cgroup_name(scratch, task->cgroups);
	exec->file_path_size = put_file(scratch, task, bprm, has_loop);
	exec->args_size = put_args(scratch, spill.area, inline_args);
	exec->args_spilled = spill.sent;
	size = at_most(scratch->at, sizeof(scratch->record));
	fill_header(&exec->header, GS_RECORD_EXEC, size, spill.now, renaming.key, old_pid);
	facts_at_exec(scratch, pid);
	send(scratch->record, size, GS_RECORD_EXEC);
	return 0;
}

#endif
