/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Where the payload of a packet begins, from whom to whom. Packets come without a link layer. */
#ifndef GS_DNS_PACKET_H
#define GS_DNS_PACKET_H

#include "dns/record.h"
#include "common/ip.h"

#define GS_IP6_HEADERS_MAX 8
#define IPPROTO_HOPOPTS 0
#define IPPROTO_ROUTING 43
#define IPPROTO_DSTOPTS 60

struct gs_packet {
	__u32 payload_at;
	__u32 payload_size;
	__u32 sequence;
	__u16 source_port;
	__u16 destination_port;
	__u16 family;
	__u16 id;	/* UDP: of the message */
	__u8 is_answer; /* UDP: as the message says */
	__u8 protocol;
	__u8 flags; /* enum gs_dns_flag */
	__u8 pad;
	__u8 source[16];
	__u8 destination[16];
};

struct gs_tcp {
	__u16 source_port;
	__u16 destination_port;
	__u32 sequence;
	__u32 acknowledged;
	__u8 length; /* high half: 32-bit words of header */
	__u8 flags;
};

/* Returns where the transport header is; 0: it is no packet that can be read. */
static __always_inline __u32 read_ip4(struct __sk_buff *skb, struct gs_packet *packet)
{
	struct gs_ip4 ip = {};

	if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)))
		return 0;
	packet->family = AF_INET;
	packet->protocol = ip.protocol;
	__builtin_memcpy(packet->source, &ip.source, 4);
	__builtin_memcpy(packet->destination, &ip.destination, 4);
	return (ip.version_length & 15) * 4;
}

/*
 * Steps over the headers between that of IPv6, which names `next`, and that of the transport.
 * Returns the number of the transport in the low byte and where its header is in the others; 0:
 * nowhere. A function of its own, so that the verifier walks its ways once.
 */
__noinline int skip_extensions(struct __sk_buff *skb, __u32 next)
{
	__u32 at = sizeof(struct gs_ip6);

	for (int i = 0; i < GS_IP6_HEADERS_MAX; i++) {
		__u8 extension[2]; /* next header, length beyond 8 bytes in units of as many */

		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS)
			return at << 8 | (next & 255);
		if (bpf_skb_load_bytes(skb, at, extension, sizeof(extension)))
			return 0;
		at += (extension[1] + 1) * 8;
		next = extension[0];
	}
	return 0;
}

static __always_inline __u32 read_ip6(struct __sk_buff *skb, struct gs_packet *packet)
{
	struct gs_ip6 ip = {};
	__u32 found;

	if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)))
		return 0;
	packet->family = AF_INET6;
	__builtin_memcpy(packet->source, ip.source, 16);
	__builtin_memcpy(packet->destination, ip.destination, 16);
	found = skip_extensions(skb, ip.protocol);
	packet->protocol = found & 255;
	return found >> 8;
}

static __always_inline bool read_udp(struct __sk_buff *skb, struct gs_packet *packet, __u32 at)
{
	__u16 udp[4]; /* ports, length, checksum */
	__u8 head[3];

	if (bpf_skb_load_bytes(skb, at, udp, sizeof(udp)))
		return false;
	packet->source_port = bpf_ntohs(udp[0]);
	packet->destination_port = bpf_ntohs(udp[1]);
	packet->payload_at = at + sizeof(udp);
	if (skb->len > packet->payload_at)
		packet->payload_size = skb->len - packet->payload_at;
	if (bpf_skb_load_bytes(skb, packet->payload_at, head, sizeof(head)) == 0) {
		packet->id = head[0] << 8 | head[1];
		packet->is_answer = head[2] >> 7;
	}
	return true;
}

#define GS_TCP_FIN 1
#define GS_TCP_SYN 2
#define GS_TCP_RST 4

static __always_inline bool read_tcp(struct __sk_buff *skb, struct gs_packet *packet, __u32 at)
{
	struct gs_tcp tcp;

	/* 14 bytes: less than the struct's size, which the compiler rounds up */
	if (bpf_skb_load_bytes(skb, at, &tcp, 14))
		return false;
	packet->source_port = bpf_ntohs(tcp.source_port);
	packet->destination_port = bpf_ntohs(tcp.destination_port);
	packet->sequence = bpf_ntohl(tcp.sequence);
	packet->payload_at = at + (tcp.length >> 4) * 4;
	if (skb->len > packet->payload_at)
		packet->payload_size = skb->len - packet->payload_at;
	packet->flags = GS_DNS_TCP;
	if (tcp.flags & GS_TCP_SYN)
		packet->flags |= GS_DNS_TCP_START;
	if (tcp.flags & (GS_TCP_FIN | GS_TCP_RST))
		packet->flags |= GS_DNS_TCP_END;
	return true;
}

/* False: no UDP and no TCP. */
static __always_inline bool read_packet(struct __sk_buff *skb, struct gs_packet *packet)
{
	__u8 version = 0;
	__u32 at = 0;

	if (bpf_skb_load_bytes(skb, 0, &version, 1))
		return false;
	if (version >> 4 == 4)
		at = read_ip4(skb, packet);
	else if (version >> 4 == 6)
		at = read_ip6(skb, packet);
	if (!at)
		return false;
	if (packet->protocol == IPPROTO_UDP)
		return read_udp(skb, packet, at);
	return packet->protocol == IPPROTO_TCP && read_tcp(skb, packet, at);
}

#endif
