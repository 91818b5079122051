/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Files by their paths. */
#ifndef GS_HOOK_PATH_H
#define GS_HOOK_PATH_H

#include "hook/call.h"
#include "hook/draft.h"
#include "process/file.h"
#include "hook/followed.h"

/* has_loop as path.h wants it: hook_unrolled.bpf.c is for kernels without bpf_loop. */
#ifdef GS_WITHOUT_LOOP
#define GS_HAS_LOOP false
#else
#define GS_HAS_LOOP true
#endif

static __always_inline __u32 path_flags(__u32 walked)
{
	__u32 flags = 0;

	if (walked & GS_FLAG_ERROR_MOUNTS)
		flags |= GS_PATH_UNRESOLVED_MOUNTS;
	if (walked & GS_FLAG_ERROR_PATH)
		flags |= GS_PATH_UNRESOLVED_COMPONENTS;
	return flags;
}

/*
 * A file that no directory ever had. Its name is that of its kind, "[eventpoll]", or nothing; but
 * one of memfd_create has a name as if it were in the root.
 */
static __always_inline __u32 put_bare_name(__u8 *to, struct dentry *dentry)
{
	__u8 first = 0;
	long size;
	const unsigned char *name = BPF_CORE_READ(dentry, d_name.name);

	bpf_probe_read_kernel(&first, 1, name);
	if (first == 'm') {
		*to++ = '/';
		size = bpf_probe_read_kernel_str(to, NAME_MAX + 1, name);
		return size > 0 ? at_most(size, NAME_MAX + 1) : 0;
	}
	size = bpf_probe_read_kernel_str(to, NAME_MAX + 1, name);
	return size > 0 ? at_most(size - 1, NAME_MAX + 1) : 0;
}

static __always_inline void put_walked(struct gs_path *to, struct gs_walk *walk,
				       struct gs_copied *copied)
{
	__u64 from = at_most(walk->at, GS_PATH_END), size = at_most(GS_PATH_END - from, PATH_MAX);

	to->flags = path_flags(walk->flags);
	bpf_probe_read_kernel(to + 1, size, &walk->path[from]);
	copied->size += size;
}

/* `mount` NULL: it is not known, and the path ends at the root of the file system. */
static __always_inline void copy_location(struct gs_call *call, struct dentry *dentry,
					  struct vfsmount *mount, struct gs_copied *copied)
{
	struct gs_path *to = payload(&call->scratch->draft);
	struct gs_walk *walk = &call->scratch->walk;
	struct dentry *parent = NULL;

	copied->kind = GS_ARG_PATH;
	copied->size = sizeof(*to);
	to->flags = 0;
	to->mode = 0;
	if (bpf_core_read(&parent, sizeof(parent), &dentry->d_parent)) {
		copied->error = dentry ? GS_ARG_FAULT : GS_ARG_NULL;
		return;
	}
	to->mode = BPF_CORE_READ(dentry, d_inode, i_mode);
	if (mount && parent == dentry && dentry != BPF_CORE_READ(mount, mnt_root)) {
		copied->size += put_bare_name((__u8 *)(to + 1), dentry);
		return;
	}
	walk_path(walk, call->task, dentry, mount, GS_HAS_LOOP);
	put_walked(to, walk, copied);
	if (!mount)
		to->flags |= GS_PATH_UNRESOLVED_MOUNTS;
}

static __always_inline void copy_path(struct gs_call *call, struct path *path,
				      struct gs_copied *copied)
{
	struct dentry *dentry = NULL;

	copied->kind = GS_ARG_PATH;
	if (bpf_core_read(&dentry, sizeof(dentry), &path->dentry))
		copied->error = GS_ARG_FAULT;
	else
		copy_location(call, dentry, BPF_CORE_READ(path, mnt), copied);
}

static __always_inline void copy_file(struct gs_call *call, struct file *file,
				      struct gs_copied *copied)
{
	copy_path(call, (void *)file + bpf_core_field_offset(struct file, f_path), copied);
}

/* As a policy stored it, which may be from before it was opened by that name. */
static __always_inline void copy_followed_path(struct gs_call *call,
					       const struct gs_followed *followed,
					       struct gs_copied *copied)
{
	struct gs_path *to = payload(&call->scratch->draft);
	__u64 size = at_most(followed->size, GS_FOLLOWED_MAX);

	to->flags = GS_PATH_FOLLOWED;
	to->mode = followed->mode;
	if (size)
		bpf_probe_read_kernel(to + 1, size, followed->path);
	copied->size = sizeof(*to) + size;
}

static __always_inline void copy_fd(struct gs_call *call, __s32 fd, struct gs_copied *copied)
{
	const struct gs_followed *followed = find_followed(call, fd);
	struct file *file;

	copied->kind = GS_ARG_PATH;
	if (followed) {
		copy_followed_path(call, followed, copied);
		return;
	}
	file = open_file(call->task, fd);
	if (file)
		copy_file(call, file, copied);
	else
		copied->error = GS_ARG_NO_SUCH_FD;
}

#endif
