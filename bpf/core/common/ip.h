/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Internet packets as they are on the wire. */
#ifndef GS_IP_H
#define GS_IP_H

#include "common/kernel.h"
#include <bpf/bpf_endian.h>

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17

struct gs_ip4 {
	__u8 version_length;
	__u8 unused[8];
	__u8 protocol;
	__u16 checksum;
	__u32 source;
	__u32 destination;
};

struct gs_ip6 {
	__u32 version;
	__u16 length;
	__u8 protocol;
	__u8 hops;
	__u8 source[16];
	__u8 destination[16];
};

#endif
