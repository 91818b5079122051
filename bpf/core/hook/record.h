/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The record of a policy's hook: a call of a kernel function, a syscall, a tracepoint that a
 * selector matched. Rules as in record.h.
 *
 * Behind struct gs_hook_event come its arguments in the order in which the policy lists them, then
 * the return value, then stacks: each a struct gs_arg and `size` bytes of payload, padded with
 * zeros to a multiple of 8. What the argument is called, its declared type and the hook's name are
 * not in the record: the host knows them by the hook's number.
 */
#ifndef GS_HOOK_RECORD_H
#define GS_HOOK_RECORD_H

#include "common/record.h"

#define GS_POSITION_RETURN 16
#define GS_POSITION_KERNEL_STACK 17
#define GS_POSITION_USER_STACK 18

/* What was done, a bit each; all that a matching selector asked for and that worked. */
enum gs_hook_action {
	GS_ACTION_POST = 1u << 0,
	GS_ACTION_FOLLOW_FD = 1u << 1,
	GS_ACTION_UNFOLLOW_FD = 1u << 2,
	GS_ACTION_COPY_FD = 1u << 3,
	GS_ACTION_SIGNAL = 1u << 4, /* which one: gs_hook_event.signal */
	GS_ACTION_OVERRIDE = 1u << 5,
};

enum gs_hook_flag {
	GS_HOOK_RETURNED = 1u << 0,	 /* entry and return in one: the return value is there */
	GS_HOOK_MONITORED = 1u << 1,	 /* actions were matched but, in monitor mode, not done */
	GS_HOOK_ACTION_FAILED = 1u << 2, /* one was tried and the kernel refused */
};

struct gs_hook_event {
	struct gs_header header; /* the process instance and thread that made the call */
	struct gs_key parent;	 /* as the process table had it */
	__u32 hook;		 /* the host's number of the hook */
	__u16 selector;		 /* index of the selector that matched; 0xffff: the hook has none */
	__u8 args;		 /* how many struct gs_arg follow */
	__u8 signal;		 /* that was sent, or 0 */
	__u32 actions;		 /* enum gs_hook_action */
	__u32 flags;		 /* enum gs_hook_flag */
	__s32 override_error;	 /* what the call was made to return, with GS_ACTION_OVERRIDE */
	__u32 pad;
};

/* The form of a payload, not the declared type: `int`, `uint64` and `size_t` are all GS_ARG_INT. */
enum gs_arg_kind {
	GS_ARG_INT = 1,	   /* __u64, sign-extended from its declared width if signed */
	GS_ARG_STRING = 2, /* struct gs_bytes and characters, without NUL */
	GS_ARG_BYTES = 3,  /* struct gs_bytes and bytes */
	GS_ARG_PATH = 4,   /* struct gs_path and characters: file, path, dentry, fd, linux_binprm */
	GS_ARG_SOCK = 5,   /* struct gs_sock: sock, socket */
	GS_ARG_SKB = 6,	   /* struct gs_skb */
	GS_ARG_SOCKADDR = 7,  /* struct gs_sockaddr and, for AF_UNIX, the name's bytes */
	GS_ARG_CRED = 8,      /* struct gs_cred */
	GS_ARG_USER_NS = 9,   /* struct gs_user_ns */
	GS_ARG_BPF_ATTR = 10, /* struct gs_bpf_object: program type, instructions, name */
	GS_ARG_BPF_PROG = 11, /* the same */
	GS_ARG_BPF_MAP = 12,  /* struct gs_bpf_object: type, key size, value size, entries, name */
	GS_ARG_PERF_EVENT = 13, /* struct gs_perf_event */
	GS_ARG_MODULE = 14,	/* struct gs_module */
	GS_ARG_STACK = 15,	/* __u64 addresses, innermost first */
};

enum gs_arg_error {
	GS_ARG_OK = 0,
	GS_ARG_FAULT = 1,      /* the memory could not be read: CharBufErrorPageFault */
	GS_ARG_NO_MEMORY = 2,  /* no room in the record: CharBufErrorENOMEM */
	GS_ARG_TOO_LARGE = 3,  /* CharBufErrorBufTooLarge */
	GS_ARG_NULL = 4,       /* the pointer, or one on the way of `resolve`, was NULL */
	GS_ARG_NO_SUCH_FD = 5, /* fd: neither followed nor open */
};

struct gs_arg {
	__u8 kind;     /* enum gs_arg_kind */
	__u8 position; /* in the policy's list, or GS_POSITION_* */
	__u16 error;   /* enum gs_arg_error; else the payload may be empty */
	__u32 size;    /* bytes of payload, without padding */
};

struct gs_bytes {
	__u64 original_size; /* before it was cut to maxData; how many follow: gs_arg.size tells */
};

enum gs_arg_path_flag {
	GS_PATH_UNRESOLVED_MOUNTS = 1u << 0,
	GS_PATH_UNRESOLVED_COMPONENTS = 1u << 1,
	GS_PATH_FOLLOWED = 1u << 2, /* an fd whose path FollowFD had stored */
};

struct gs_path {
	__u32 flags; /* enum gs_arg_path_flag */
	__u32 mode;  /* of the inode, 0: unknown */
};

/* Addresses in network order, IPv4 in the first four bytes; ports in host order. */
struct gs_sock {
	__u16 family;
	__u16 type;
	__u16 protocol;
	__u16 state; /* TCP state */
	__u16 source_port;
	__u16 destination_port;
	__u32 mark;
	__u32 priority;
	__u32 pad;
	__u64 cookie; /* of the socket; 0: none yet */
	__u8 source[16];
	__u8 destination[16];
};

struct gs_skb {
	__u32 hash;
	__u32 length;
	__u32 priority;
	__u32 mark;
	__u16 family;
	__u16 protocol; /* IPPROTO_* */
	__u16 source_port;
	__u16 destination_port;
	__u32 sec_path_length;
	__u32 sec_path_olen;
	__u8 source[16];
	__u8 destination[16];
};

struct gs_sockaddr {
	__u16 family;
	__u16 port;
	__u32 pad;
	__u8 address[16];
};

struct gs_cred {
	__u64 cap_permitted;
	__u64 cap_effective;
	__u64 cap_inheritable;
	__u32 uid, gid, euid, egid, suid, sgid, fsuid, fsgid;
	__u32 user_ns; /* inode number */
	__u32 secure_bits;
};

struct gs_user_ns {
	__s32 level;
	__u32 uid;
	__u32 gid;
	__u32 ns; /* inode number */
};

struct gs_bpf_object {
	__u32 type;
	__u32 instructions;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 pad;
	char name[16];
};

struct gs_perf_event {
	__u32 type;
	__u32 pad;
	__u64 config;
	__u64 probe_offset;
	char name[64];
};

struct gs_module {
	__u64 taints;
	__u32 signature_ok;
	__u32 pad;
	char name[64];
};

/* Made by the host only, before the first record of a hook: what the record does not say. */
struct gs_hook_definition {
	struct gs_header header; /* pid 0, key_ns 0 */
	__u32 hook;
	__u32 size; /* bytes of JSON behind the struct: HookDescription of the host's policy room;
		       0: the hook is gone, and no record of it follows */
};

/* One a CPU and a hook, in the map hook_counters by the hook's slot. */
struct gs_hook_counters {
	__u64 calls;	/* in scope; what was out of scope is not even counted */
	__u64 filtered; /* no selector matched, or NoPost */
	__u64 rate_limited;
	__u64 posted;
	__u64 lost;	 /* no room in the ring */
	__u64 actions;	 /* signals, overrides and changes of the fd table that were done */
	__u64 failed;	 /* ... that the kernel refused */
	__u64 unwanted;	 /* that nobody asked for: not posted, and not looked at if nothing is to be
			    done about them */
	__u64 unmatched; /* entries whose return never came, returns without entry */
};

#endif
