/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Sockets, packets and addresses. */
#ifndef GS_HOOK_SOCK_H
#define GS_HOOK_SOCK_H

#include "hook/draft.h"
#include "hook/kernel.h"
#include "common/ip.h"

#define GS_UNIX_NAME_MAX 108

static __always_inline void copy_sock(struct gs_hook_draft *draft, struct sock *sock,
				      struct gs_copied *copied)
{
	struct gs_sock *to = payload(draft);
	__u64 cookie = 0;

	copied->kind = GS_ARG_SOCK;
	copied->size = sizeof(*to);
	__builtin_memset(to, 0, sizeof(*to));
	if (bpf_core_read(&to->family, sizeof(to->family), &sock->__sk_common.skc_family)) {
		copied->error = GS_ARG_FAULT;
		return;
	}
	to->type = BPF_CORE_READ(sock, sk_type);
	to->protocol = BPF_CORE_READ(sock, sk_protocol);
	to->state = BPF_CORE_READ(sock, __sk_common.skc_state);
	to->mark = BPF_CORE_READ(sock, sk_mark);
	to->priority = BPF_CORE_READ(sock, sk_priority);
	bpf_core_read(&cookie, sizeof(cookie), &sock->__sk_common.skc_cookie.counter);
	to->cookie = cookie;
	if (to->family != AF_INET && to->family != AF_INET6)
		return;
	to->source_port = BPF_CORE_READ(sock, __sk_common.skc_num);
	to->destination_port = bpf_ntohs(BPF_CORE_READ(sock, __sk_common.skc_dport));
	if (to->family == AF_INET) {
		bpf_core_read(to->source, 4, &sock->__sk_common.skc_rcv_saddr);
		bpf_core_read(to->destination, 4, &sock->__sk_common.skc_daddr);
	} else {
		bpf_core_read(to->source, 16, &sock->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(to->destination, 16, &sock->__sk_common.skc_v6_daddr);
	}
}

/* Both as they stand in the packet; returns how long the header is, 0: it is neither. */
static __always_inline __u32 copy_addresses(struct gs_skb *to, const void *network)
{
	struct gs_ip4 ip4 = {};
	struct gs_ip6 ip6 = {};

	bpf_probe_read_kernel(&ip4, sizeof(ip4), network);
	if (ip4.version_length >> 4 == 4) {
		to->family = AF_INET;
		to->protocol = ip4.protocol;
		__builtin_memcpy(to->source, &ip4.source, 4);
		__builtin_memcpy(to->destination, &ip4.destination, 4);
		return (ip4.version_length & 15) * 4;
	}
	if (ip4.version_length >> 4 != 6)
		return 0;
	bpf_probe_read_kernel(&ip6, sizeof(ip6), network);
	to->family = AF_INET6;
	to->protocol = ip6.protocol;
	__builtin_memcpy(to->source, ip6.source, 16);
	__builtin_memcpy(to->destination, ip6.destination, 16);
	return sizeof(ip6);
}

static __always_inline void copy_sec_path(struct gs_skb *to, struct sk_buff *skb)
{
	struct skb_ext *extensions;
	struct sec_path path = {};
	__u32 id;
	__u8 chunk = 0;

	/* CONFIG_XFRM */
	if (!bpf_core_enum_value_exists(enum skb_ext_id, SKB_EXT_SEC_PATH) ||
	    !bpf_core_field_exists(skb->active_extensions))
		return;
	id = bpf_core_enum_value(enum skb_ext_id, SKB_EXT_SEC_PATH);
	if (!(BPF_CORE_READ(skb, active_extensions) & (1u << id)))
		return;
	extensions = BPF_CORE_READ(skb, extensions);
	bpf_probe_read_kernel(&chunk, sizeof(chunk),
			      (void *)extensions + bpf_core_field_offset(struct skb_ext, offset) +
				      id);
	bpf_probe_read_kernel(&path, sizeof(path), (void *)extensions + chunk * 8);
	to->sec_path_length = path.len;
	to->sec_path_olen = path.olen;
}

static __always_inline void copy_skb(struct gs_hook_draft *draft, struct sk_buff *skb,
				     struct gs_copied *copied)
{
	struct gs_skb *to = payload(draft);
	unsigned char *head = NULL, *transport;
	__u16 network_at, transport_at, ports[2] = {};
	__u32 length;

	copied->kind = GS_ARG_SKB;
	copied->size = sizeof(*to);
	__builtin_memset(to, 0, sizeof(*to));
	if (bpf_core_read(&head, sizeof(head), &skb->head)) {
		copied->error = GS_ARG_FAULT;
		return;
	}
	to->hash = BPF_CORE_READ(skb, hash);
	to->length = BPF_CORE_READ(skb, len);
	to->priority = BPF_CORE_READ(skb, priority);
	to->mark = BPF_CORE_READ(skb, mark);
	copy_sec_path(to, skb);
	network_at = BPF_CORE_READ(skb, network_header);
	transport_at = BPF_CORE_READ(skb, transport_header);
	length = copy_addresses(to, head + network_at);
	if (!length || (to->protocol != IPPROTO_TCP && to->protocol != IPPROTO_UDP))
		return;
	/* 0xffff, or not beyond the network header: not set yet */
	if (transport_at == 0xffff || transport_at <= network_at)
		transport_at = network_at + length;
	transport = head + transport_at;
	bpf_probe_read_kernel(ports, sizeof(ports), transport);
	to->source_port = bpf_ntohs(ports[0]);
	to->destination_port = bpf_ntohs(ports[1]);
}

#endif
