/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the DNS programs put into the ring, and what they are told.
 *
 * header.pid/key_ns: who asked, of an answer too. header.tid: the thread that asked.
 */
#ifndef GS_DNS_RECORD_H
#define GS_DNS_RECORD_H

#include "common/kernel.h"
#include "common/record.h"

/* Bytes of payload in one record. */
#define GS_DNS_PIECE_MAX 4096
/* Pieces of one TCP packet, which may be a whole run of segments. */
#define GS_DNS_PIECES_MAX 17

enum gs_dns_flag {
	GS_DNS_ANSWER = 1u << 0,     /* to who asked; else from them */
	GS_DNS_TCP = 1u << 1,	     /* else UDP */
	GS_DNS_TCP_START = 1u << 2,  /* SYN: the payload's first byte is at sequence + 1 */
	GS_DNS_TCP_END = 1u << 3,    /* FIN or RST: nothing comes behind it */
	GS_DNS_UNREADABLE = 1u << 4, /* the kernel did not hand the payload over */
};

/* Behind the struct: size bytes of payload, and room that says nothing, up to header.size. */
struct gs_dns {
	struct gs_header header;
	__u64 socket;	/* cookie */
	__u32 net_ns;	/* inode number of the network namespace of who asked; 0: unknown */
	__u32 sequence; /* TCP: number of the packet's first byte */
	__u32 total;	/* bytes of payload that the packet has */
	__u32 offset;	/* of these in it */
	__u32 size;
	__u16 family;
	__u16 flags; /* enum gs_dns_flag */
	__u16 source_port;
	__u16 destination_port;
	__u32 pad;
	__u8 source[16]; /* IPv4: the first 4 */
	__u8 destination[16];
};

/* May change at any time. */
struct gs_dns_settings {
	__u32 is_queries_only;
	__u32 max_per_second; /* packets; 0: any number */
};

/* One a CPU. */
struct gs_dns_counters {
	__u64 packets; /* from or to one of the ports */
	__u64 unowned; /* answers to nobody who was seen to ask */
	__u64 limited; /* beyond max_per_second */
	__u64 cut;     /* packets of which only the start was sent */
};

#endif
