/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Marks of processes: which filters with followChildren or followForks they fall under. Given at
 * exec and fork, handed on from parent to child, never walked for; and only while there is such a
 * filter. A process without a mark has no entry.
 */
#ifndef GS_MARKS_H
#define GS_MARKS_H

#include "common/creds.h"
#include "common/ring.h"
#include "common/text.h"

static __always_inline const struct gs_live *live_config(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&live, &zero);
}

static __always_inline void add_marks(struct gs_marks *to, const struct gs_marks *more)
{
	if (!more)
		return;
	to->bits[0] |= more->bits[0];
	to->bits[1] |= more->bits[1];
}

/* What a process had before exec it keeps: it is what those filters mean by children. */
static __always_inline void marks_at_exec(struct gs_scratch *scratch, __u32 pid)
{
	const struct gs_live *wanted = live_config();
	struct gs_text binary = {
		.at = scratch->facts.binary,
		.tail = scratch->facts.binary_tail,
		.size = scratch->facts.binary_size,
	};
	struct gs_marks marks = {};
	struct gs_marks *known;

	if (!wanted || !wanted->binary_marks || !binary.size)
		return;
	add_marks(&marks, find_whole(&scratch->text, GS_SET_MARK_EQUAL, &binary));
	add_marks(&marks, find_prefix(&scratch->text, GS_SET_MARK_PREFIX, &binary));
	add_marks(&marks, find_postfix(&scratch->text, GS_SET_MARK_POSTFIX, &binary));
	if (!marks.bits[0] && !marks.bits[1])
		return;
	known = bpf_map_lookup_elem(&process_marks, &pid);
	if (known)
		add_marks(known, &marks);
	else if (bpf_map_update_elem(&process_marks, &pid, &marks, BPF_ANY))
		count_table_full();
}

static __always_inline void marks_by_pid(struct gs_marks *marks, struct task_struct *child)
{
	struct gs_mark_pid key = {.pid = child->tgid};

	add_marks(marks, bpf_map_lookup_elem(&mark_pids, &key));
	if (child->thread_pid->level == 0)
		return;
	key.pid = innermost_pid(child);
	key.is_namespaced = 1;
	add_marks(marks, bpf_map_lookup_elem(&mark_pids, &key));
}

static __always_inline void marks_at_fork(__u32 creator_pid, struct task_struct *child)
{
	const struct gs_live *wanted = live_config();
	__u32 pid = child->tgid;
	struct gs_marks marks = {};

	if (!wanted || !(wanted->binary_marks | wanted->pid_marks))
		return;
	add_marks(&marks, bpf_map_lookup_elem(&process_marks, &creator_pid));
	if (wanted->pid_marks)
		marks_by_pid(&marks, child);
	if (!marks.bits[0] && !marks.bits[1])
		bpf_map_delete_elem(&process_marks, &pid);
	else if (bpf_map_update_elem(&process_marks, &pid, &marks, BPF_ANY))
		count_table_full();
}

static __always_inline void marks_at_exit(__u32 pid)
{
	const struct gs_live *wanted = live_config();

	if (wanted && (wanted->binary_marks | wanted->pid_marks))
		bpf_map_delete_elem(&process_marks, &pid);
}

#endif
