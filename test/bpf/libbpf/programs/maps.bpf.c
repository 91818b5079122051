/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAP(name, kind, entries, key_type, value_type)                                             \
	struct {                                                                                   \
		__uint(type, kind);                                                                \
		__uint(max_entries, entries);                                                      \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

struct flow {
	__u32 address;
	__u16 port;
	__u16 pad;
};

struct stats {
	__u64 packets;
	__u64 bytes;
	char name[8];
};

MAP(flows, BPF_MAP_TYPE_HASH, 1000, struct flow, struct stats);
MAP(recent, BPF_MAP_TYPE_LRU_HASH, 100, __u32, __u64);
MAP(slots, BPF_MAP_TYPE_ARRAY, 16, __u32, struct stats);
MAP(cpu_slots, BPF_MAP_TYPE_PERCPU_ARRAY, 2, __u32, __u32);
MAP(cpu_flows, BPF_MAP_TYPE_PERCPU_HASH, 10, __u32, struct stats);
MAP(shared, BPF_MAP_TYPE_HASH, 8, __u32, __u64);

/* Sizes only: no types. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__uint(key_size, 3);
	__uint(value_size, 5);
} plain SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__uint(value_size, 8);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
} jumps SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} tenants SEC(".maps");

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("raw_tp")
int target_of_jump(void *ctx)
{
	return 42;
}

SEC("raw_tp")
int jump(struct bpf_raw_tracepoint_args *ctx)
{
	bpf_tail_call(ctx, &jumps, ctx->args[0]);
	return 7;
}

/* Adds args[0] to the shared entry 1. */
SEC("raw_tp")
int add(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 key = 1;
	__u64 *value = bpf_map_lookup_elem(&shared, &key);

	if (!value)
		return 1;
	__sync_fetch_and_add(value, ctx->args[0]);
	return 0;
}

/* Each call counts on the CPU it runs on. */
SEC("raw_tp")
int count_here(void *ctx)
{
	__u32 zero = 0;
	__u32 *slot = bpf_map_lookup_elem(&cpu_slots, &zero);

	if (slot)
		*slot += 1;
	return 0;
}
