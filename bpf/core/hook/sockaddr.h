/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Addresses as they are passed to connect, bind and their like. */
#ifndef GS_HOOK_SOCKADDR_H
#define GS_HOOK_SOCKADDR_H

#include "hook/bytes.h"
#include "hook/sock.h"

struct gs_inet_address {
	__u16 family;
	__u16 port;
	__u32 address;
};

struct gs_inet6_address {
	__u16 family;
	__u16 port;
	__u32 flow;
	__u8 address[16];
};

/* Names without a file begin with NUL. */
static __always_inline void copy_unix_name(struct gs_sockaddr *to, __u64 from, bool is_user,
					   struct gs_copied *copied)
{
	__u8 *name = (__u8 *)(to + 1);
	__u8 first = 0;
	long read;

	from += sizeof(__u16);
	if (read_memory(&first, 1, from, is_user))
		return;
	name[0] = 0;
	if (!first) {
		name++;
		from++;
	}
	if (is_user)
		read = bpf_probe_read_user_str(name, GS_UNIX_NAME_MAX, (void *)from);
	else
		read = bpf_probe_read_kernel_str(name, GS_UNIX_NAME_MAX, (void *)from);
	if (read > 1)
		copied->size += at_most(read - 1, GS_UNIX_NAME_MAX) + !first;
}

static __always_inline void copy_sockaddr(struct gs_hook_draft *draft, __u64 from, bool is_user,
					  struct gs_copied *copied)
{
	struct gs_sockaddr *to = payload(draft);
	struct gs_inet6_address inet6 = {};
	struct gs_inet_address inet = {};
	__u16 family = 0;

	copied->kind = GS_ARG_SOCKADDR;
	copied->size = sizeof(*to);
	__builtin_memset(to, 0, sizeof(*to));
	if (read_memory(&family, sizeof(family), from, is_user)) {
		copied->error = GS_ARG_FAULT;
		return;
	}
	to->family = family;
	if (family == AF_INET) {
		read_memory(&inet, sizeof(inet), from, is_user);
		to->port = bpf_ntohs(inet.port);
		__builtin_memcpy(to->address, &inet.address, 4);
	} else if (family == AF_INET6) {
		read_memory(&inet6, sizeof(inet6), from, is_user);
		to->port = bpf_ntohs(inet6.port);
		__builtin_memcpy(to->address, inet6.address, 16);
	} else if (family == AF_UNIX) {
		copy_unix_name(to, from, is_user, copied);
	}
}

#endif
