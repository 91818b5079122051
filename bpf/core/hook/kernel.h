/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Kernel types of which arguments are; see kernel.h for the rules. */
#ifndef GS_HOOK_KERNEL_H
#define GS_HOOK_KERNEL_H

#include "common/kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

enum iter_type {
	ITER_IOVEC,
	ITER_KVEC,
	ITER_UBUF,
};

struct iov_iter {
	__u8 iter_type;
	unsigned long iov_offset;
	unsigned long count;
	const void *__iov;
	void *ubuf;
	unsigned long nr_segs;
};

struct iov_iter___type {
	unsigned int type;
};

struct iov_iter___iov {
	const void *iov;
};

/* what the kernel calls struct in6_addr; its members are not looked into */
struct in6_addr___opaque {
	__u8 bytes[16];
};

typedef struct {
	__s64 counter;
} atomic64_t;

struct sock_common {
	__u32 skc_daddr;
	__u32 skc_rcv_saddr;
	__u16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr___opaque skc_v6_daddr;
	struct in6_addr___opaque skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
};

typedef struct {
	int owned; /* a process works on the socket */
} socket_lock_t;

struct sock {
	struct sock_common __sk_common;
	socket_lock_t sk_lock;
	__u16 sk_type;
	__u16 sk_protocol;
	__u32 sk_mark;
	__u32 sk_priority;
};

struct skb_ext {
	__u8 offset[1];
};

struct sec_path {
	int len;
	int olen;
};

enum skb_ext_id {
	SKB_EXT_SEC_PATH,
};

struct sk_buff {
	unsigned int len;
	__u32 priority;
	__u32 hash;
	__u32 mark;
	__u16 transport_header;
	__u16 network_header;
	unsigned char *head;
	__u8 active_extensions;
	struct skb_ext *extensions;
};

/* The rest of struct cred, as kernel.h has only what a process record needs. */
struct cred___more {
	kuid_t suid;
	kgid_t sgid;
	kuid_t fsuid;
	kgid_t fsgid;
	unsigned int securebits;
};

struct user_namespace___more {
	int level;
	kuid_t owner;
	kgid_t group;
};

struct bpf_prog_aux {
	char name[16];
};

struct bpf_prog {
	enum bpf_prog_type type;
	__u32 len;
	struct bpf_prog_aux *aux;
};

struct bpf_map {
	enum bpf_map_type map_type;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	char name[16];
};

struct perf_event_attr___probe {
	__u32 type;
	__u64 config;
	__u64 kprobe_func;
	__u64 probe_offset;
};

struct perf_event {
	struct perf_event_attr___probe attr;
};

struct module {
	char name[56];
	unsigned long taints;
	bool sig_ok; /* CONFIG_MODULE_SIG */
};

struct load_info {
	const char *name;
	struct module *mod;
	bool sig_ok; /* CONFIG_MODULE_SIG */
};

#pragma clang attribute pop

#endif
