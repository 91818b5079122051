/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which file runs: its facts, and its path where the name given to exec does not tell. */
#ifndef GS_FILE_H
#define GS_FILE_H

#include "common/path.h"
#include "common/strings.h"

#define GS_FD_NAME "/dev/fd/"
#define GS_FD_DIGITS_MAX 10

/* The descriptor that the kernel put into the name of what execveat was given; -1: none. */
static __always_inline int named_descriptor(struct gs_scratch *scratch, const __u8 *name)
{
	int fd = -1;

	for (__u32 i = 0; i < GS_FD_DIGITS_MAX; i++) {
		__u8 digit = name[sizeof(GS_FD_NAME) - 1 + i];

		if (digit < '0' || digit > '9')
			break;
		fd = (i ? fd * 10 : 0) + digit - '0';
	}
	return forget(scratch, fd);
}

/* Open still: a script whose descriptor closes on exec cannot be run by it. */
static __always_inline struct file *open_file(struct task_struct *task, int fd)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	struct file *file = NULL;

	if (fd < 0 || (__u32)fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

/* The first bytes of a name as a number, as a little-endian machine reads them. */
#define GS_SLASH_PROC_SLASH 0x2f636f72702full
#define GS_SLASH_DEV_SLASH 0x2f7665642full

/* False if the name goes through something that stands for another file. */
static __always_inline bool name_tells(const __u8 *name, struct task_struct *task,
				       struct file *file)
{
	__u64 start = *(const __u64 *)name;

	if (name[0] != '/')
		return BPF_CORE_READ(file, f_path.mnt) == BPF_CORE_READ(task, fs, pwd.mnt);
	return (start & 0xffffffffffffull) != GS_SLASH_PROC_SLASH &&
	       (start & 0xffffffffffull) != GS_SLASH_DEV_SLASH;
}

/* A file that no directory ever had, such as one of memfd_create: its dentry has no parent. */
static __always_inline __u32 put_parentless(struct gs_scratch *scratch, struct dentry *dentry)
{
	__u8 *to = record_end(scratch);
	long size;

	to[0] = '/';
	size = bpf_probe_read_kernel_str(to + 1, NAME_MAX + 1, BPF_CORE_READ(dentry, d_name.name));
	if (size <= 0 || size > NAME_MAX + 1)
		return 0;
	return was_put(scratch, size);
}

static __always_inline __u32 put_file_path(struct gs_scratch *scratch, struct task_struct *task,
					   struct dentry *dentry, struct vfsmount *mount,
					   const bool has_loop)
{
	__u64 from, size;

	/* Two unrolled walks in one program are more than the verifier walks itself. */
	if (!has_loop) {
		scratch->exec.file_flags |= GS_FILE_PATH_CUT;
		return 0;
	}
	walk_path(&scratch->walk, task, dentry, mount, has_loop);
	from = at_most(scratch->walk.at, GS_PATH_END);
	if (scratch->walk.flags)
		scratch->exec.file_flags |= GS_FILE_PATH_CUT;
	size = GS_PATH_END - from;
	if (size > GS_FILE_PATH_MAX) {
		from = GS_PATH_END - GS_FILE_PATH_MAX;
		scratch->exec.file_flags |= GS_FILE_PATH_CUT;
	}
	size = at_most(size, GS_FILE_PATH_MAX);
	if (size == 0)
		return 0;
	bpf_probe_read_kernel(record_end(scratch), size,
			      &scratch->walk.path[at_most(from, GS_PATH_END)]);
	return was_put(scratch, size);
}

/* Of a script the file that execveat was given, if it was; else what the kernel mapped. */
static __always_inline struct file *executed_file(struct gs_scratch *scratch,
						  struct task_struct *task,
						  struct linux_binprm *bprm, const __u8 *name)
{
	if (bprm->interp == bprm->filename)
		return BPF_CORE_READ(task, mm, exe_file);
	if (!bprm->fdpath)
		return NULL;
	scratch->exec.file_flags |= GS_FILE_SCRIPT;
	return open_file(task, named_descriptor(scratch, name));
}

/* Fills in the facts and puts the path, if it is needed; returns its size. */
static __always_inline __u32 put_file(struct gs_scratch *scratch, struct task_struct *task,
				      struct linux_binprm *bprm, const bool has_loop)
{
	const __u8 *name = &scratch->record[sizeof(struct gs_exec)];
	struct gs_exec *exec = &scratch->exec;
	struct file *file = executed_file(scratch, task, bprm, name);
	struct vfsmount *mount;
	struct dentry *dentry;
	struct inode *inode;
	bool is_parentless;

	if (BPF_CORE_READ_BITFIELD_PROBED(bprm, secureexec))
		exec->file_flags |= GS_FILE_PRIVILEGED;
	if (!file)
		return 0;
	dentry = BPF_CORE_READ(file, f_path.dentry);
	mount = BPF_CORE_READ(file, f_path.mnt);
	inode = BPF_CORE_READ(file, f_inode);
	exec->inode = BPF_CORE_READ(inode, i_ino);
	exec->links = BPF_CORE_READ(inode, i_nlink);
	exec->mode = BPF_CORE_READ(inode, i_mode);
	exec->file_uid = BPF_CORE_READ(inode, i_uid.val);
	exec->file_gid = BPF_CORE_READ(inode, i_gid.val);
	is_parentless = dentry == BPF_CORE_READ(dentry, d_parent);
	if (is_parentless && dentry != BPF_CORE_READ(mount, mnt_root)) {
		exec->file_flags |= GS_FILE_PARENTLESS;
		return put_parentless(scratch, dentry);
	}
	if (!is_parentless && !BPF_CORE_READ(dentry, d_hash.pprev))
		exec->file_flags |= GS_FILE_UNLINKED;
	if (!bprm->fdpath && exec->links && !(exec->file_flags & GS_FILE_UNLINKED) &&
	    name_tells(name, task, file))
		return 0;
	return put_file_path(scratch, task, dentry, mount, has_loop);
}

#endif
