/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which cgroup a process is in: id in the v2 hierarchy, and the name of its leaf directory. */
#ifndef GS_CGROUP_H
#define GS_CGROUP_H

#include "common/ring.h"
#include "common/strings.h"

#define GS_CONTAINER "container"

/* Cgroup of a v1 controller, NULL if the kernel does not have the controller. */
#define controller_cgroup(sets, id)                                                                \
	(bpf_core_enum_value_exists(enum cgroup_subsys_id, id)                                     \
		 ? controller_cgroup_at(sets, bpf_core_enum_value(enum cgroup_subsys_id, id))      \
		 : NULL)

static __always_inline struct cgroup *controller_cgroup_at(struct css_set *sets, __u64 index)
{
	struct cgroup_subsys_state *state = NULL;

	bpf_probe_read_kernel(&state, sizeof(state),
			      (void *)sets + bpf_core_field_offset(struct css_set, subsys) +
				      index * sizeof(state));
	return BPF_CORE_READ(state, cgroup);
}

/* The one that tells most: v2 if it is in use for this process, else what v1 says. */
static __always_inline struct cgroup *telling_cgroup(struct css_set *sets)
{
	struct cgroup *v2 = sets->dfl_cgrp;
	struct cgroup *v1;

	if (v2 && v2->level > 0)
		return v2;
	v1 = controller_cgroup(sets, memory_cgrp_id);
	if (v1 && BPF_CORE_READ(v1, level) > 0)
		return v1;
	v1 = controller_cgroup(sets, pids_cgrp_id);
	if (v1 && BPF_CORE_READ(v1, level) > 0)
		return v1;
	return v2;
}

static __always_inline struct kernfs_node *node_above(struct kernfs_node *node)
{
	if (bpf_core_field_exists(node->parent))
		return BPF_CORE_READ(node, parent);
	return BPF_CORE_READ((struct kernfs_node___rcu *)node, __parent);
}

/* podman calls the leaf of every container so: the directory above it has the id. */
static __always_inline bool is_container(const __u8 *name)
{
	for (__u32 i = 0; i < sizeof(GS_CONTAINER); i++)
		if (name[i] != GS_CONTAINER[i])
			return false;
	return true;
}

/* Length of the name without its NUL (0: the root of a hierarchy), negative if it can't be read. */
static __always_inline long read_node_name(__u8 *to, struct kernfs_node *node)
{
	long size =
		bpf_probe_read_kernel_str(to, GS_CGROUP_NAME_MAX, BPF_CORE_READ(node, name)) - 1;

	barrier_var(size);
	return size;
}

static __always_inline __u32 put_cgroup_name(struct gs_scratch *scratch, struct css_set *sets)
{
	__u8 *name = record_end(scratch);
	struct kernfs_node *node;
	struct cgroup *cgroup;
	long size;

	if (!sets)
		return not_put(scratch, GS_FLAG_ERROR_CGROUPS);
	cgroup = telling_cgroup(sets);
	if (!cgroup)
		return not_put(scratch, GS_FLAG_ERROR_CGROUP_SUBSYS_CGRP);
	node = BPF_CORE_READ(cgroup, kn);
	if (!node)
		return not_put(scratch, GS_FLAG_ERROR_CGROUP_KN);
	size = read_node_name(name, node);
	if (size == sizeof(GS_CONTAINER) - 1 && is_container(name)) {
		size = read_node_name(name, node_above(node));
		if (size >= 0 && size < GS_CGROUP_NAME_MAX) {
			name[size] = '/';
			__builtin_memcpy(name + size + 1, GS_CONTAINER, sizeof(GS_CONTAINER) - 1);
			size += sizeof(GS_CONTAINER);
		}
	}
	if (size < 0)
		return not_put(scratch, GS_FLAG_ERROR_CGROUP_NAME);
	return was_put(scratch, size);
}

#endif
