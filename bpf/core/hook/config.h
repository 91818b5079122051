/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What one hook is to do: read-only data that the host sets before it loads its copy of a hook
 * program. The verifier knows these values, so that what a hook does not need costs it nothing.
 */
#ifndef GS_HOOK_CONFIG_H
#define GS_HOOK_CONFIG_H

#include "common/kernel.h"
#include "hook/record.h"

#define GS_ERRNO_MAX 4095
#define GS_HOOK_ARGS 5
/* Of `resolve`, and those from what a type names to what is read of it. */
#define GS_RESOLVE_STEPS 10
/* Most bytes of one argument, and of all together; the host keeps to what it sets below. */
#define GS_HOOK_DATA_MAX (2u << 20)

/* How a value is copied into the record; several declared types may share one. */
enum gs_hook_copy {
	GS_COPY_NOTHING = 0,
	GS_COPY_INT = 1,    /* the value itself */
	GS_COPY_INT_AT = 2, /* what the value points to */
	GS_COPY_STRING = 3,
	GS_COPY_BUFFER = 4, /* bytes, as many as `length` says */
	GS_COPY_IOVEC = 5,
	GS_COPY_ITER = 6,
	GS_COPY_FD = 7,
	GS_COPY_FILE = 8,
	GS_COPY_PATH = 9,
	GS_COPY_DENTRY = 10,
	GS_COPY_SOCK = 11,
	GS_COPY_SKB = 12,
	GS_COPY_SOCKADDR = 13,
	GS_COPY_CRED = 14,
	GS_COPY_USER_NS = 15,
	GS_COPY_BPF_ATTR = 16,
	GS_COPY_BPF_PROG = 17,
	GS_COPY_BPF_MAP = 18,
	GS_COPY_PERF_EVENT = 19,
	GS_COPY_MODULE = 20,
	GS_COPY_LOAD_INFO = 21,
};

enum gs_source_kind {
	GS_SOURCE_NONE = 0,
	GS_SOURCE_CONTEXT = 1,	 /* at `offset` of what the program is given */
	GS_SOURCE_REGISTERS = 2, /* at `offset` of the registers with which a syscall was made */
	GS_SOURCE_RETURN = 3,
	GS_SOURCE_TASK = 4,	/* the task_struct of who makes the call */
	GS_SOURCE_DATA_LOC = 5, /* where the __data_loc word at `offset` says */
	GS_SOURCE_DATA_LOC_SIZE = 6,
	GS_SOURCE_ADDRESS = 7,	/* of `offset` in what the program is given: of what lies there */
	GS_SOURCE_CONSTANT = 8, /* `offset` itself */
};

struct gs_hook_source {
	enum gs_source_kind kind;
	__u32 offset;
	__u32 size; /* bytes that are read: 1, 2, 4 or 8 */
};

struct gs_hook_step {
	__s32 offset;
	__u32 dereference;
};

struct gs_hook_argument {
	struct gs_hook_source source;
	struct gs_hook_source length; /* of char_buf and char_iovec */
	enum gs_hook_copy copy;
	__u32 max_data;
	enum gs_arg_kind kind; /* of an argument that can't be read; else what copied it tells */
	__u8 bits;	       /* of an integer: what is beyond them is not its */
	__u8 is_signed;	       /* of an integer */
	__u8 is_user;	       /* it points to user memory */
	__u8 at_return;	       /* read when the call returns */
	__u32 steps;	       /* of resolve */
	struct gs_hook_step step[GS_RESOLVE_STEPS];
};

struct gs_hook_config {
	__u32 hook; /* the host's number, for the record */
	__u32 slot; /* in hook_counters */
	__u32 args;
	__u32 has_return;  /* entry and return make one record */
	__u32 late_args;   /* some of the arguments are read at return */
	__u32 is_syscall;  /* the registers of the call are the function's first argument */
	__u32 syscall;	   /* number, where one program sees all system calls */
	__u32 data_max;	   /* bytes that a record of this hook can have */
	__u32 payload_max; /* the longest of its payloads; this much room is behind data_max */
	__u32 scratches;   /* how many there are a CPU, at most GS_HOOK_PLACES */
	__u32 tree;	   /* enum gs_tree_part: stacks are counted, and no record is made */
	__u64 tree_seed;   /* nobody knows it who could make two stacks look the same */
	struct gs_hook_source result; /* where the return program finds what was returned */
	struct gs_hook_source number; /* the number of the system call, at its return */
	struct gs_hook_argument arg[GS_HOOK_ARGS];
	struct gs_hook_argument returned;
};

const volatile struct gs_hook_config hook_config;

#endif
