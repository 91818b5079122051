/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Who asks. A packet that leaves is its sender's as long as a process is at work; answers come in
 * interrupts, and TCP may send in one what was written long before: whoever runs then has nothing
 * to do with it. So the sender of a question is remembered, by socket and by the question's number:
 * a socket may be shared by several processes.
 */
#ifndef GS_DNS_OWNER_H
#define GS_DNS_OWNER_H

#include "dns/packet.h"
#include "hook/kernel.h"
#include "common/key.h"
#include "common/scope.h"

struct gs_dns_owner {
	struct gs_key key;
	__u32 tid;
	__u32 net_ns;
};

#define GS_DNS_ANY_ID 0x10000u /* the socket's last user, whatever was asked */

struct gs_dns_asked {
	__u64 socket;
	__u32 id;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, struct gs_dns_asked);
	__type(value, struct gs_dns_owner);
} dns_asked SEC(".maps");

/* Not by the types of the verifier: a socket program gets its task as a number. */
static __always_inline bool task_in_scope(struct task_struct *task, const struct gs_process *known)
{
	if (scope_kind == GS_SCOPE_TREE)
		return known;
	if (scope_kind == GS_SCOPE_CGROUP)
		return cgroup_in_scope(BPF_CORE_READ(task, cgroups, dfl_cgrp));
	return true;
}

/* The running process, if it is traced. */
static __always_inline bool current_owner(struct gs_dns_owner *owner)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 pid = BPF_CORE_READ(task, tgid);
	struct gs_process *known;

	known = bpf_map_lookup_elem(&processes, &pid);
	if (!task_in_scope(task, known) || BPF_CORE_READ(task, flags) & PF_KTHREAD)
		return false;
	owner->key.pid = pid;
	owner->key.pad = 0;
	owner->key.key_ns =
		known ? known->key_ns
		      : BPF_CORE_READ(task, group_leader, start_boottime) / GS_TICK_NS * GS_TICK_NS;
	owner->tid = BPF_CORE_READ(task, pid);
	owner->net_ns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	return true;
}

/*
 * Is a process at work on the socket? UDP sends nothing else; of TCP the socket is locked then, and
 * nothing that comes in an interrupt sends before it is released.
 */
static __always_inline bool is_sent_by_current(struct __sk_buff *skb,
					       const struct gs_packet *packet)
{
	struct bpf_sock *common = skb->sk;
	struct tcp_sock *tcp;

	if (packet->protocol != IPPROTO_TCP)
		return true;
	if (!common)
		return false;
	tcp = bpf_skc_to_tcp_sock(common);
	return tcp && BPF_CORE_READ((struct sock *)tcp, sk_lock.owned);
}

static __always_inline void remember(__u64 socket, __u32 id, const struct gs_dns_owner *owner)
{
	struct gs_dns_asked key = {.socket = socket, .id = id};

	bpf_map_update_elem(&dns_asked, &key, owner, BPF_ANY);
}

static __always_inline bool recall(__u64 socket, __u32 id, struct gs_dns_owner *owner)
{
	struct gs_dns_asked key = {.socket = socket, .id = id};
	struct gs_dns_owner *found = bpf_map_lookup_elem(&dns_asked, &key);

	if (found)
		*owner = *found;
	return found;
}

/* Of a packet that leaves. False: nobody who is traced. */
static __always_inline bool sender_of(struct __sk_buff *skb, const struct gs_packet *packet,
				      __u64 socket, struct gs_dns_owner *owner)
{
	if (!is_sent_by_current(skb, packet))
		return recall(socket, GS_DNS_ANY_ID, owner);
	if (!current_owner(owner))
		return false;
	remember(socket, GS_DNS_ANY_ID, owner);
	if (packet->protocol == IPPROTO_UDP && packet->payload_size)
		remember(socket, packet->id, owner);
	return true;
}

/* Of a packet that arrives. */
static __always_inline bool asker_of(const struct gs_packet *packet, __u64 socket,
				     struct gs_dns_owner *owner)
{
	if (packet->protocol == IPPROTO_UDP && recall(socket, packet->id, owner))
		return true;
	return recall(socket, GS_DNS_ANY_ID, owner);
}

#endif
