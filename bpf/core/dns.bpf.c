/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * DNS as the processes see it that ask: packets to and from the ports of name servers. What a name
 * server of this machine gets from others is not among it, but what it asks itself is. The programs
 * belong to a cgroup and see the packets of all sockets in it and below it; they let all of them
 * pass.
 */
#include "dns/owner.h"
#include "dns/send.h"

char LICENSE[] SEC("license") = "GPL";

#define GS_PASS 1

/* Also by what the socket is connected to: the packet may have been sent elsewhere by NAT. */
static __always_inline bool is_dns(struct __sk_buff *skb, __u16 port)
{
	struct bpf_sock *full = skb->sk;
	__u16 connected;

	if (bpf_map_lookup_elem(&dns_ports, &port))
		return true;
	if (full)
		full = bpf_sk_fullsock(full);
	if (!full)
		return false;
	connected = bpf_ntohs(full->dst_port);
	return connected && bpf_map_lookup_elem(&dns_ports, &connected);
}

static __always_inline bool is_wanted(const struct gs_dns_settings *settings,
				      const struct gs_packet *packet)
{
	if (!packet->payload_size)
		return packet->flags & (GS_DNS_TCP_START | GS_DNS_TCP_END);
	if (!settings->is_queries_only)
		return true;
	return packet->protocol == IPPROTO_UDP ? !packet->is_answer
					       : !(packet->flags & GS_DNS_ANSWER);
}

static __always_inline int on_packet(struct __sk_buff *skb, bool leaves)
{
	__u32 zero = 0;
	struct gs_dns_settings *settings = bpf_map_lookup_elem(&dns_settings, &zero);
	struct gs_packet packet = {};
	struct gs_dns_owner owner;
	__u64 socket;

	if (!settings || !read_packet(skb, &packet) ||
	    !is_dns(skb, leaves ? packet.destination_port : packet.source_port))
		return GS_PASS;
	if (!leaves)
		packet.flags |= GS_DNS_ANSWER;
	socket = bpf_get_socket_cookie(skb);
	if (leaves) {
		if (!sender_of(skb, &packet, socket, &owner))
			return GS_PASS;
	} else if (!asker_of(&packet, socket, &owner)) {
		/* of others nothing is told, not even how much they got */
		if (scope_kind == GS_SCOPE_ALL)
			count_dns(unowned);
		return GS_PASS;
	}
	if (!is_wanted(settings, &packet))
		return GS_PASS;
	count_dns(packets);
	if (is_too_many(settings)) {
		count_dns(limited);
		return GS_PASS;
	}
	send_packet(skb, &packet, &owner, socket);
	return GS_PASS;
}

SEC("cgroup_skb/egress")
int dns_leaves(struct __sk_buff *skb)
{
	return on_packet(skb, true);
}

SEC("cgroup_skb/ingress")
int dns_arrives(struct __sk_buff *skb)
{
	return on_packet(skb, false);
}
