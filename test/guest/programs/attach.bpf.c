/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* One counter for each kind of hook that guidestar uses, to see that this kernel runs them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

enum kind {
	KIND_KPROBE,
	KIND_FENTRY,
	KIND_LSM,
	KIND_TP_BTF,
	KINDS,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KINDS);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

static void count(__u32 kind)
{
	__u64 *value = bpf_map_lookup_elem(&counts, &kind);

	if (value)
		__sync_fetch_and_add(value, 1);
}

SEC("kprobe/security_file_open")
int on_kprobe(void *ctx)
{
	count(KIND_KPROBE);
	return 0;
}

SEC("fentry/security_file_open")
int on_fentry(void *ctx)
{
	count(KIND_FENTRY);
	return 0;
}

SEC("lsm/file_open")
int on_lsm(void *ctx)
{
	count(KIND_LSM);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int on_tp_btf(void *ctx)
{
	count(KIND_TP_BTF);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
