/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which cgroup a process is in: id in the v2 hierarchy, and the name of its leaf directory. */
#ifndef GS_CGROUP_H
#define GS_CGROUP_H

#include "ring.h"
#include "strings.h"

#define GS_CONTAINER "container"

static __always_inline __u32 cgroup_error(struct gs_scratch *scratch, __u32 flag)
{
	count_read_failed();
	scratch->exec.flags |= flag;
	return 0;
}

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

/* Length of the name without its NUL; 0 for the root of a hierarchy, which has none. */
static __always_inline __u32 read_node_name(struct gs_scratch *scratch, __u8 *to,
					    struct kernfs_node *node)
{
	long size = bpf_probe_read_kernel_str(to, GS_CGROUP_NAME_MAX, BPF_CORE_READ(node, name));

	if (size <= 0 || size > GS_CGROUP_NAME_MAX)
		return cgroup_error(scratch, GS_FLAG_ERROR_CGROUP_NAME);
	return size - 1;
}

/* Puts the name into the record at the given place; returns its size. */
static __always_inline __u32 put_cgroup_name(struct gs_scratch *scratch, __u32 at,
					     struct css_set *sets)
{
	__u8 *name = record_at(scratch, at);
	struct kernfs_node *node, *above;
	struct cgroup *cgroup;
	__u32 size, above_size;

	if (!sets)
		return cgroup_error(scratch, GS_FLAG_ERROR_CGROUPS);
	cgroup = telling_cgroup(sets);
	if (!cgroup)
		return cgroup_error(scratch, GS_FLAG_ERROR_CGROUP_SUBSYS_CGRP);
	node = BPF_CORE_READ(cgroup, kn);
	if (!node)
		return cgroup_error(scratch, GS_FLAG_ERROR_CGROUP_KN);
	size = read_node_name(scratch, name, node);
	if (size != sizeof(GS_CONTAINER) - 1 || !is_container(name))
		return size;
	above = node_above(node);
	above_size = read_node_name(scratch, name, above);
	if (above_size > GS_CGROUP_NAME_MAX - 1)
		return 0;
	name[above_size] = '/';
	__builtin_memcpy(name + above_size + 1, GS_CONTAINER, sizeof(GS_CONTAINER) - 1);
	return above_size + sizeof(GS_CONTAINER);
}

#endif
