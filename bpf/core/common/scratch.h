/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Where an exec record is put together: one a CPU, at most 32 KiB (the largest per-CPU
 * value the kernel takes), used by the exec program alone.
 */
#ifndef GS_SCRATCH_H
#define GS_SCRATCH_H

#include "common/kernel.h"
#include "common/record.h"
#include "common/text.h"

/* Room for every string but the arguments; a power of two, so that offsets can be masked. */
#define GS_STRINGS_MAX 16384
/* An argument area up to this size stays in its exec record. */
#define GS_INLINE_ARGS_MAX 4096
/* Bytes of argument area in one GS_RECORD_ARGS record. */
#define GS_PIECE_MAX 16384
/* "/dev/fd/2147483647/" and a whole path */
#define GS_BINARY_MAX (PATH_MAX + 32)
#define GS_CGROUP_NAME_MAX 256
/* Of the path of the running file, where it is sent beside the name given to exec. */
#define GS_FILE_PATH_MAX 3072

/* A path is written from its end to its start: it is walked from leaf to root. */
struct gs_walk {
	struct dentry *dentry;
	struct vfsmount *mount;
	struct dentry *root_dentry;
	struct vfsmount *root_mount;
	__u32 at;    /* first byte of the path so far */
	__u32 flags; /* GS_FLAG_ERROR_*: why it is not whole */
	__u32 done;
	__u32 pad;
	__u8 path[2 * PATH_MAX + NAME_MAX + 1];
};

struct gs_scratch {
	__u32 at;	 /* end of what the record has so far */
	__u32 forgotten; /* see forget() */
	struct gs_walk walk;
	struct gs_facts facts;
	struct gs_text_scratch text;
	union {
		struct gs_exec exec;
		struct gs_args args;
		__u8 record[GS_STRINGS_MAX + GS_INLINE_ARGS_MAX + 256];
	};
};

_Static_assert(sizeof(struct gs_scratch) <= 32768, "a per-CPU value has at most 32 KiB");
_Static_assert(sizeof(struct gs_args) + GS_PIECE_MAX <= GS_STRINGS_MAX + GS_INLINE_ARGS_MAX + 256,
	       "a piece of the arguments must fit");
_Static_assert(sizeof(struct gs_exec) + 2 * GS_BINARY_MAX + PATH_MAX + 2 * GS_CGROUP_NAME_MAX +
			       GS_FILE_PATH_MAX <
		       GS_STRINGS_MAX,
	       "all strings at their longest must fit");

#endif
