/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Strings into the exec record, each behind the one before. What went wrong goes into the flags
 * of the record.
 *
 * Where the next one goes stands in the scratch and not in a variable: of what is in a map the
 * verifier knows nothing, so that to it every record looks the same whatever came before.
 */
#ifndef GS_STRINGS_H
#define GS_STRINGS_H

#include "common/path.h"
#include "common/ring.h"

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
static __always_inline __u8 *record_end(struct gs_scratch *scratch)
{
	return &scratch->record[scratch->at & (GS_STRINGS_MAX - 1)];
}

/* Returns the size, for the record. */
static __always_inline __u32 was_put(struct gs_scratch *scratch, __u32 size)
{
	scratch->at += size;
	return size;
}

static __always_inline __u32 not_put(struct gs_scratch *scratch, __u32 flag)
{
	count_read_failed();
	scratch->exec.flags |= flag;
	return 0;
}

static __always_inline __u32 put_kernel_string(struct gs_scratch *scratch, const char *from)
{
	long size = bpf_probe_read_kernel_str(record_end(scratch), GS_BINARY_MAX, from);

	if (size <= 0 || size > GS_BINARY_MAX)
		return not_put(scratch, GS_FLAG_ERROR_FILENAME);
	if (size == GS_BINARY_MAX)
		scratch->exec.flags |= GS_FLAG_TRUNC_FILENAME;
	return was_put(scratch, size - 1);
}

static __always_inline __u32 put_cwd(struct gs_scratch *scratch, struct task_struct *task,
				     const bool has_loop)
{
	__u64 from, size;

	walk_path(&scratch->walk, task, task->fs->pwd.dentry, task->fs->pwd.mnt, has_loop);
	if (scratch->walk.flags)
		not_put(scratch, scratch->walk.flags);
	from = at_most(scratch->walk.at, GS_PATH_END);
	size = at_most(GS_PATH_END - from, PATH_MAX);
	if (size == 0)
		return 0;
	if (size == 1 && !scratch->walk.flags)
		scratch->exec.flags |= GS_FLAG_ROOT_CWD;
	bpf_probe_read_kernel(record_end(scratch), size, &scratch->walk.path[from]);
	return was_put(scratch, size);
}

static __always_inline __u32 put_args(struct gs_scratch *scratch, const char *area, __u64 size)
{
	if (size == 0)
		return 0;
	size = at_most(size, GS_INLINE_ARGS_MAX);
	if (bpf_probe_read_user(record_end(scratch), size, area))
		return not_put(scratch, GS_FLAG_ERROR_ARGS);
	return was_put(scratch, size);
}

#endif
