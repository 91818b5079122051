/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A path: from its dentry up to the root of the process, mount by mount. */
#ifndef GS_PATH_H
#define GS_PATH_H

#include "common/ring.h"

/* Where the path ends in gs_walk.path; it may be as long as getcwd(2) allows, NUL excluded. */
#define GS_PATH_END PATH_MAX
#define GS_PATH_MASK (2 * PATH_MAX - 1)
/* A component is at least "/x"; some more steps for mounts on the way. */
#define GS_PATH_STEPS (PATH_MAX / 2 + 256)
/* For kernels without bpf_loop, where the verifier walks every turn. */
#define GS_PATH_STEPS_UNROLLED 64

static __always_inline bool walk_ends(struct gs_walk *walk, __u32 flag)
{
	walk->flags |= flag;
	walk->done = true;
	return true;
}

static __always_inline struct mount *mount_of(struct vfsmount *mount)
{
	return (void *)mount - bpf_core_field_offset(struct mount, mnt);
}

/* Writes one component in front of the path, or steps over one mount. True: there is no more. */
static __always_inline bool path_step(struct gs_walk *walk)
{
	struct dentry *dentry = walk->dentry;
	struct vfsmount *within = walk->mount;
	struct dentry *parent;
	const unsigned char *name;
	__u32 size, at;

	if (dentry == walk->root_dentry && within == walk->root_mount)
		return walk_ends(walk, 0);
	if (dentry == BPF_CORE_READ(within, mnt_root)) {
		struct mount *mount = mount_of(within);
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);

		if (!above)
			return walk_ends(walk, GS_FLAG_ERROR_MOUNTS);
		if (above == mount)
			return walk_ends(walk, 0);
		walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		walk->mount = &above->mnt;
		return false;
	}
	parent = BPF_CORE_READ(dentry, d_parent);
	if (!parent)
		return walk_ends(walk, GS_FLAG_ERROR_PATH);
	if (parent == dentry)
		return walk_ends(walk, 0);

	size = BPF_CORE_READ(dentry, d_name.len);
	name = BPF_CORE_READ(dentry, d_name.name);
	at = walk->at;
	if (size > NAME_MAX || at <= size + 1)
		return walk_ends(walk, GS_FLAG_ERROR_PATH);
	at = (at - size - 1) & GS_PATH_MASK;
	size &= NAME_MAX;
	walk->path[at] = '/';
	if (bpf_probe_read_kernel(&walk->path[at + 1], size, name))
		return walk_ends(walk, GS_FLAG_ERROR_PATH);
	walk->at = at;
	walk->dentry = parent;
	return false;
}

struct gs_walk_context {
	struct gs_walk *walk;
};

static long path_turn(__u32 turn, struct gs_walk_context *context)
{
	return path_step(context->walk);
}

static __noinline long path_turns_unrolled(struct gs_walk *walk)
{
	for (int i = 0; i < GS_PATH_STEPS_UNROLLED; i++)
		if (path_step(walk))
			break;
	return 0;
}

/*
 * Without a mount, the path ends at the root of the file system.
 * Leaves the path in walk->path[walk->at .. GS_PATH_END). A directory that was deleted still
 * has its name and parents. If something is missing, what is nearest to the leaf is there, and
 * walk->flags say why.
 */
static __always_inline void walk_path(struct gs_walk *walk, struct task_struct *task,
				      struct dentry *dentry, struct vfsmount *mount,
				      const bool has_loop)
{
	walk->dentry = dentry;
	walk->mount = mount;
	walk->root_dentry = BPF_CORE_READ(task, fs, root.dentry);
	walk->root_mount = BPF_CORE_READ(task, fs, root.mnt);
	walk->at = GS_PATH_END;
	walk->flags = 0;
	walk->done = false;
	if (!walk->dentry) {
		walk->flags = GS_FLAG_ERROR_CWD;
		return;
	}
	if (has_loop) {
		struct gs_walk_context context = {.walk = walk};

		bpf_loop(GS_PATH_STEPS, path_turn, &context, 0);
	} else {
		path_turns_unrolled(walk);
	}
	if (!walk->done)
		walk->flags |= GS_FLAG_ERROR_PATH;
	else if (!walk->flags && walk->at == GS_PATH_END)
		walk->path[--walk->at] = '/';
}

#endif
