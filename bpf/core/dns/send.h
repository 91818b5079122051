/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Packets into the ring, in records that have about the size that they need. */
#ifndef GS_DNS_SEND_H
#define GS_DNS_SEND_H

#include "dns/owner.h"
#include "common/ring.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gs_dns_settings);
} dns_settings SEC(".maps");

/* Ports of name servers. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u16);
	__type(value, __u8);
} dns_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gs_dns_counters);
} dns_counters SEC(".maps");

struct gs_second {
	__u64 start_ns;
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gs_second);
} dns_second SEC(".maps");

#define count_dns(field)                                                                           \
	do {                                                                                       \
		__u32 _zero = 0;                                                                   \
		struct gs_dns_counters *_own = bpf_map_lookup_elem(&dns_counters, &_zero);         \
		if (_own)                                                                          \
			__sync_fetch_and_add(&_own->field, 1);                                     \
	} while (0)

/* CPUs that begin a new second together may let a few more pass. */
static __always_inline bool is_too_many(const struct gs_dns_settings *settings)
{
	__u32 zero = 0;
	struct gs_second *second = bpf_map_lookup_elem(&dns_second, &zero);
	__u64 now = bpf_ktime_get_boot_ns();

	if (!second || !settings->max_per_second)
		return false;
	if (now - second->start_ns >= 1000000000ull) {
		second->start_ns = now;
		second->count = 0;
	}
	return __sync_fetch_and_add(&second->count, 1) >= settings->max_per_second;
}

/*
 * With room for so many bytes, which the compiler knows. True if bytes were sent; counted if the
 * ring had no room. One way leads on from here: older verifiers walk each of them for each piece.
 */
static __always_inline bool put_record(struct __sk_buff *skb, struct gs_dns *draft, __u32 at,
				       const __u32 room, __u64 flags)
{
	struct gs_counters *own = own_counters();
	struct gs_dns *to;
	__s64 size = at_most(draft->size, room);

	if (!own)
		return false;
	if (is_kept_for_processes(GS_RECORD_DNS, sizeof(*to) + room))
		to = NULL;
	else
		to = bpf_ringbuf_reserve(&ring, sizeof(*to) + room, 0);
	if (!to) {
		__sync_fetch_and_add(&own->lost[GS_RECORD_DNS], 1);
		return false;
	}
	draft->header.size = sizeof(*to) + room;
	__builtin_memcpy(to, draft, sizeof(*to));
	/* signed, or verifiers before 6.8 learn nothing from the comparison */
	barrier_var(size);
	if (size > 0) {
		if (bpf_skb_load_bytes(skb, at, to + 1, size)) {
			to->size = 0;
			to->flags |= GS_DNS_UNREADABLE;
			size = 0;
		}
	}
	bpf_ringbuf_submit(to, flags);
	__sync_fetch_and_add(&own->sent[GS_RECORD_DNS], 1);
	return size > 0;
}

/* What does not fit into one record. The reader was woken by the first. */
static __always_inline void put_pieces(struct __sk_buff *skb, struct gs_dns *draft, __u32 at)
{
	for (__u32 i = 1; i < GS_DNS_PIECES_MAX; i++) {
		__u32 offset = i * GS_DNS_PIECE_MAX;

		if (offset >= draft->total)
			return;
		draft->offset = offset;
		draft->size = draft->total - offset;
		if (draft->size <= GS_DNS_PIECE_MAX) {
			put_record(skb, draft, at + offset, GS_DNS_PIECE_MAX, BPF_RB_NO_WAKEUP);
			return;
		}
		draft->size = GS_DNS_PIECE_MAX;
		if (!put_record(skb, draft, at + offset, GS_DNS_PIECE_MAX, BPF_RB_NO_WAKEUP))
			return;
	}
}

/* Most packets are small. */
static __always_inline void put_packet(struct __sk_buff *skb, struct gs_dns *draft, __u32 at,
				       bool in_pieces)
{
	__u64 flags = wakeup_flags();

	if (draft->total <= 128)
		put_record(skb, draft, at, 128, flags);
	else if (draft->total <= 512)
		put_record(skb, draft, at, 512, flags);
	else if (draft->total <= 1280)
		put_record(skb, draft, at, 1280, flags);
	else if (put_record(skb, draft, at, GS_DNS_PIECE_MAX, flags) && in_pieces)
		put_pieces(skb, draft, at);
	if (draft->offset + draft->size < draft->total)
		count_dns(cut);
}

static __always_inline void send_packet(struct __sk_buff *skb, const struct gs_packet *packet,
					const struct gs_dns_owner *owner, __u64 socket)
{
	struct gs_dns draft = {};

	fill_header(&draft.header, GS_RECORD_DNS, 0, bpf_ktime_get_boot_ns(), owner->key,
		    owner->tid);
	draft.socket = socket;
	draft.net_ns = owner->net_ns;
	draft.sequence = packet->sequence;
	draft.total = packet->payload_size;
	draft.size = at_most(packet->payload_size, GS_DNS_PIECE_MAX);
	draft.family = packet->family;
	draft.flags = packet->flags;
	draft.source_port = packet->source_port;
	draft.destination_port = packet->destination_port;
	__builtin_memcpy(draft.source, packet->source, 16);
	__builtin_memcpy(draft.destination, packet->destination, 16);
	put_packet(skb, &draft, packet->payload_at, packet->protocol == IPPROTO_TCP);
}

#endif
