/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Tables beside the process table, for the filters of policies. */
#ifndef GS_PROCESS_FACTS_H
#define GS_PROCESS_FACTS_H

#include "common/record.h"

/* How much of the path of a binary is kept for the filters of policies. */
#define GS_BINARY_HEAD 256
#define GS_BINARY_TAIL 128

/*
 * What policies filter by, of a process since its last exec; by thread group id, beside the
 * process table. Capabilities and namespaces are what changes are measured against, so a policy
 * that reports a change puts the new ones here. A fork inherits all of it.
 */
struct gs_facts {
	__u64 cap_permitted;
	__u64 cap_effective;
	__u64 cap_inheritable;
	__u32 ns[GS_NAMESPACES];     /* index enum gs_namespace; 0: unknown */
	__u32 binary_size;	     /* of the whole path, absolute; 0: unknown */
	__u32 followed_fds;	     /* above the highest descriptor whose path was ever followed */
	__u8 binary[GS_BINARY_HEAD]; /* its start, zeros behind it */
	__u8 binary_tail[GS_BINARY_TAIL]; /* its end, zeros before it */
};

/* A bit for each filter that follows children or forks: this process or one it stems from matched.
 */
struct gs_marks {
	__u64 bits[2];
};

/* How much of a path is kept for a descriptor that is followed. */
#define GS_FOLLOWED_MAX 256
/* Descriptors that are looked for when a process ends. */
#define GS_FOLLOWED_FDS 512

struct gs_fd_key {
	__u32 pid; /* thread group id */
	__u32 fd;
};

/* A descriptor whose path an action FollowFD stored. */
struct gs_followed {
	__u64 start_ns; /* of the process: another one may have got its pid */
	__u32 size;
	__u32 mode; /* of the file, 0: unknown */
	__u8 path[GS_FOLLOWED_MAX];
};

/* What the base programs have to do for the policies that are loaded just now. */
struct gs_live {
	__u32 binary_marks; /* how many filters mark processes by what they execute */
	__u32 pid_marks;    /* how many mark them by their pid */
};

#endif
