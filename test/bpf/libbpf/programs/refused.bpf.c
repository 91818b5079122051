/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} numbers SEC(".maps");

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Fine. */
SEC("raw_tp")
int good(void *ctx)
{
	return 0;
}

/* Forgets that the lookup may find nothing. */
SEC("raw_tp")
int forgetful(void *ctx)
{
	__u32 key = 0;
	__u32 *value = bpf_map_lookup_elem(&numbers, &key);

	return *value;
}
