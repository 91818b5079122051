/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Stack traces that are counted where they are taken: a hook with a tree makes no record, it adds
 * one to the stack that led to the call. The stack stands beside its count, and its key has a hash
 * of it, so no two are taken for one, and none is pushed out by another.
 */
#ifndef GS_HOOK_TREE_H
#define GS_HOOK_TREE_H

#include "hook/send.h"
#include "hook/rate.h"

/* What of a call is counted, a bit each, in hook_config.tree. */
enum gs_tree_part {
	GS_TREE_KERNEL = 1u << 0,
	GS_TREE_USER = 1u << 1,
};

struct gs_tree_key {
	__u64 key_ns; /* the process instance, as in struct gs_key */
	__u64 hash;   /* of the stack */
	__u32 pid;
	__u32 pad;
};

/* Behind it as much as the tree asks for: first the kernel's GS_STACK_BYTES, then the user's. */
struct gs_tree_stack {
	__u64 count;
	__u32 kernel_size; /* bytes of addresses that are there, innermost first */
	__u32 user_size;
};

/* What the host is told at once, so that it looks at a process before that is gone. */
struct gs_tree_news {
	struct gs_key key;
	__u32 binary_size; /* of the path that is there; 0: not known */
	__u32 pad;
	__u8 binary[GS_BINARY_HEAD];
};

struct gs_tree_counters {
	__u64 counted;
	__u64 lost; /* no room for another stack */
};

struct gs_tree_generation {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct gs_tree_key);
	__type(value, struct gs_tree_stack);
};

/*
 * Stacks of one tree since the host last took them. It puts an empty map here and then waits until
 * no program uses the old one, so nothing is missed and nothing counted twice. It sets all sizes.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct gs_tree_generation);
} tree_stacks SEC(".maps");

/* Of one tree. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gs_tree_counters);
} tree_counters SEC(".maps");

/* Processes that the host was told of; of all trees, as the ring. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct gs_key);
	__type(value, __u8);
} tree_known SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 << 10);
} tree_news SEC(".maps");

static __always_inline __u64 hash_stack(const __u64 *addresses, __u32 size, __u64 hash)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < GS_STACK_BYTES / 8; i++) {
		if (8 * i >= size)
			break;
		hash = mixed(hash, addresses[i]);
	}
	return mixed(hash, size);
}

static __always_inline __u32 take_stack(struct gs_call *call, __u64 *addresses, __u64 flags)
{
	long size = bpf_get_stack(call->ctx, addresses, GS_STACK_BYTES, flags);

	return size > 0 ? at_most(size, GS_STACK_BYTES) : 0;
}

/* Looks for the stack first: most have come before. */
static __always_inline bool add_stack(const struct gs_tree_key *key, struct gs_tree_stack *stack)
{
	__u32 zero = 0;
	void *generation = bpf_map_lookup_elem(&tree_stacks, &zero);
	struct gs_tree_stack *known;

	if (!generation)
		return false;
	known = bpf_map_lookup_elem(generation, key);
	if (!known) {
		stack->count = 1;
		if (!bpf_map_update_elem(generation, key, stack, BPF_NOEXIST))
			return true;
		/* another CPU was faster, or there is no room */
		known = bpf_map_lookup_elem(generation, key);
	}
	if (!known)
		return false;
	__sync_fetch_and_add(&known->count, 1);
	return true;
}

/* Whose addresses mean nothing to the host before it has seen what is mapped there. */
static __noinline int tell_of_process(const struct gs_tree_key *process)
{
	struct gs_key key = {.key_ns = process->key_ns, .pid = process->pid};
	const struct gs_facts *facts;
	struct gs_tree_news *news;
	__u8 one = 1;

	if (!key.pid || bpf_map_lookup_elem(&tree_known, &key))
		return part_done();
	news = bpf_ringbuf_reserve(&tree_news, sizeof(*news), 0);
	if (!news)
		return part_done(); /* it is told again */
	facts = bpf_map_lookup_elem(&process_facts, &key.pid);
	news->key = key;
	news->binary_size = 0;
	news->pad = 0;
	if (facts) {
		news->binary_size = facts->binary_size;
		bpf_probe_read_kernel(news->binary, sizeof(news->binary), facts->binary);
	} else {
		__builtin_memset(news->binary, 0, sizeof(news->binary));
	}
	bpf_ringbuf_submit(news, BPF_RB_FORCE_WAKEUP);
	bpf_map_update_elem(&tree_known, &key, &one, BPF_ANY);
	return part_done();
}

static __noinline int count_stacks(struct gs_call *call)
{
	struct gs_tree_stack *stack = (struct gs_tree_stack *)call->scratch->draft.data;
	__u64 *addresses = (__u64 *)(stack + 1), hash = hook_config.tree_seed;
	struct gs_key self = {}, parent = {};
	struct gs_tree_counters *counted;
	struct gs_tree_key key = {};
	__u32 zero = 0;

	stack->kernel_size = 0;
	stack->user_size = 0;
	if (hook_config.tree & GS_TREE_KERNEL) {
		stack->kernel_size = take_stack(call, addresses, 0);
		hash = hash_stack(addresses, stack->kernel_size, hash);
		addresses += GS_STACK_BYTES / 8;
	}
	if (hook_config.tree & GS_TREE_USER) {
		stack->user_size = take_stack(call, addresses, BPF_F_USER_STACK);
		hash = hash_stack(addresses, stack->user_size, hash);
	}
	fill_process(call, &self, &parent);
	key.key_ns = self.key_ns;
	key.pid = self.pid;
	key.hash = hash;
	run_part(tell_of_process(&key));
	counted = bpf_map_lookup_elem(&tree_counters, &zero);
	if (!counted)
		return part_done();
	if (add_stack(&key, stack)) {
		__sync_fetch_and_add(&counted->counted, 1);
		count_hook(call, posted);
	} else {
		__sync_fetch_and_add(&counted->lost, 1);
		count_hook(call, lost);
	}
	return part_done();
}

/* Tells of the call, or counts how it came about. */
static __always_inline void report(struct gs_call *call, __u32 selector)
{
	if (hook_config.tree) {
		run_part(count_stacks(call));
		return;
	}
	run_part(put_stacks(call, selector));
	run_part(send_record(call));
}

#endif
