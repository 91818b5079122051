/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Strings into the exec record. Each is put at a given place, and its size returned; what
 * went wrong goes into the flags of the record.
 */
#ifndef GS_STRINGS_H
#define GS_STRINGS_H

#include "path.h"
#include "ring.h"

/*
 * The same number, but the verifier no longer knows anything of it: it does not remember what is in
 * memory. Else it walks all that follows once for every way by which the number can come about.
 */
static __always_inline __u32 forget(struct gs_scratch *scratch, __u32 value)
{
	*(volatile __u32 *)&scratch->forgotten = value;
	return *(volatile __u32 *)&scratch->forgotten;
}

/* Masked, so that the verifier sees what the sizes in scratch.h guarantee. */
static __always_inline __u8 *record_at(struct gs_scratch *scratch, __u32 at)
{
	return &scratch->record[at & (GS_STRINGS_MAX - 1)];
}

static __always_inline __u32 put_kernel_string(struct gs_scratch *scratch, __u32 at,
					       const char *from)
{
	long size = bpf_probe_read_kernel_str(record_at(scratch, at), GS_BINARY_MAX, from);

	if (size <= 0 || size > GS_BINARY_MAX) {
		count_read_failed();
		scratch->exec.flags |= GS_FLAG_ERROR_FILENAME;
		return 0;
	}
	if (size == GS_BINARY_MAX)
		scratch->exec.flags |= GS_FLAG_TRUNC_FILENAME;
	return size - 1;
}

static __always_inline __u32 put_cwd(struct gs_scratch *scratch, __u32 at, struct task_struct *task,
				     const bool has_loop)
{
	__u64 from, size;

	walk_path(scratch, task, task->fs->pwd.dentry, task->fs->pwd.mnt, has_loop);
	from = scratch->walk.at;
	scratch->exec.flags |= scratch->walk.flags;
	if (scratch->walk.flags)
		count_read_failed();
	from = at_most(from, GS_PATH_END);
	size = at_most(GS_PATH_END - from, PATH_MAX);
	if (size == 0)
		return 0;
	if (size == 1 && !scratch->walk.flags)
		scratch->exec.flags |= GS_FLAG_ROOT_CWD;
	bpf_probe_read_kernel(record_at(scratch, at), size, &scratch->path[from]);
	return size;
}

static __always_inline __u32 put_args(struct gs_scratch *scratch, __u32 at, const char *area,
				      __u64 size)
{
	if (size == 0)
		return 0;
	size = at_most(size, GS_INLINE_ARGS_MAX);
	if (bpf_probe_read_user(record_at(scratch, at), size, area)) {
		count_read_failed();
		scratch->exec.flags |= GS_FLAG_ERROR_ARGS;
		return 0;
	}
	return size;
}

#endif
