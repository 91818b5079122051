/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Is this process traced? Asked before anything else is read of it. */
#ifndef GS_SCOPE_H
#define GS_SCOPE_H

#include "common/config.h"
#include "common/maps.h"

#define GS_CGROUP_DEPTH_MAX 64

static __always_inline bool current_in_scope(const struct gs_process *known)
{
	if (scope_kind == GS_SCOPE_TREE)
		return known;
	if (scope_kind == GS_SCOPE_CGROUP)
		return bpf_current_task_under_cgroup(&scope_cgroup, 0) == 1;
	return true;
}

static __always_inline __u64 ancestor_id(struct cgroup *cgroup, __u32 level)
{
	struct cgroup *ancestor = NULL;
	__u64 id = 0;

	if (bpf_core_field_exists(cgroup->ancestors)) {
		bpf_core_read(&ancestor, sizeof(ancestor),
			      (void *)cgroup + bpf_core_field_offset(cgroup->ancestors) +
				      level * sizeof(ancestor));
		return BPF_CORE_READ(ancestor, kn, id);
	}
	if (bpf_core_field_exists(((struct cgroup___ids *)cgroup)->ancestor_ids))
		bpf_probe_read_kernel(
			&id, sizeof(id),
			(void *)cgroup +
				bpf_core_field_offset(((struct cgroup___ids *)0)->ancestor_ids) +
				level * sizeof(id));
	return id;
}

/* For a task that is not the current one, for which the kernel has no helper. */
static __always_inline bool cgroup_in_scope(struct cgroup *cgroup)
{
	__u32 level = BPF_CORE_READ(cgroup, level);

	for (__u32 i = 0; i < GS_CGROUP_DEPTH_MAX && i <= level; i++)
		if (ancestor_id(cgroup, i) == scope_cgroup_id)
			return true;
	return false;
}

/* The child decides, not its creator: clone3 may put it into another cgroup (CLONE_INTO_CGROUP). */
static __always_inline bool child_in_scope(const struct gs_process *known_creator,
					   struct task_struct *creator, struct task_struct *child)
{
	struct cgroup *cgroup;

	if (scope_kind != GS_SCOPE_CGROUP)
		return current_in_scope(known_creator);
	cgroup = child->cgroups->dfl_cgrp;
	if (cgroup == creator->cgroups->dfl_cgrp)
		return current_in_scope(known_creator);
	return cgroup_in_scope(cgroup);
}

#endif
