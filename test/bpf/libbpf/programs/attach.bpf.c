/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* One program for each way to attach. They count what the target process does, and nothing else. */
const volatile __u32 target_tgid = 0;

__u64 hits = 0;
__u64 cookie = 0;

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static int count(void *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == target_tgid)
		__sync_fetch_and_add(&hits, 1);
	return 0;
}

static int count_with_cookie(void *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == target_tgid) {
		__sync_fetch_and_add(&hits, 1);
		cookie = bpf_get_attach_cookie(ctx);
	}
	return 0;
}

SEC("?raw_tp/sys_enter")
int on_raw_tp(void *ctx)
{
	return count(ctx);
}

SEC("?tp_btf/sys_enter")
int on_tp_btf(void *ctx)
{
	return count(ctx);
}

SEC("?tp/raw_syscalls/sys_enter")
int on_tracepoint(void *ctx)
{
	return count_with_cookie(ctx);
}

SEC("?fentry")
int on_fentry(void *ctx)
{
	return count_with_cookie(ctx);
}

SEC("?fexit")
int on_fexit(void *ctx)
{
	return count_with_cookie(ctx);
}

SEC("?lsm/task_setnice")
int on_lsm(void *ctx)
{
	return count(ctx);
}

SEC("?kprobe")
int on_kprobe(void *ctx)
{
	return count_with_cookie(ctx);
}

SEC("?kprobe.multi")
int on_kprobe_multi(void *ctx)
{
	return count_with_cookie(ctx);
}

SEC("?ksyscall")
int on_ksyscall(void *ctx)
{
	return count_with_cookie(ctx);
}

SEC("?uprobe")
int on_uprobe(void *ctx)
{
	return count_with_cookie(ctx);
}

SEC("?perf_event")
int on_perf_event(void *ctx)
{
	return count_with_cookie(ctx);
}

/* Lets everything pass. */
SEC("?cgroup_skb/egress")
int on_egress(void *ctx)
{
	__sync_fetch_and_add(&hits, 1);
	return 1;
}
