/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The sensor "test": a record for each call of one system call, by processes in scope. */
#include "common/key.h"
#include "common/ring.h"
#include "common/scope.h"
#include "common/syscall.h"

char LICENSE[] SEC("license") = "GPL";

#define GS_TEST_ARGS 4

/* Its number. */
const volatile __u64 test_syscall = 0;
/* Only calls with this value in this argument; GS_TEST_ARGS: all. */
const volatile __u32 test_match_arg = GS_TEST_ARGS;
const volatile __u64 test_match_value = 0;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct pt_regs___args {
	unsigned long di, si, dx, r10; /* x86 */
	__u64 regs[31];		       /* arm64 */
};
#pragma clang attribute pop

static __always_inline void read_args(const struct pt_regs___args *registers, __u64 *args)
{
#if defined(__TARGET_ARCH_x86)
	args[0] = BPF_CORE_READ(registers, di);
	args[1] = BPF_CORE_READ(registers, si);
	args[2] = BPF_CORE_READ(registers, dx);
	args[3] = BPF_CORE_READ(registers, r10);
#elif defined(__TARGET_ARCH_arm64)
	for (int i = 0; i < GS_TEST_ARGS; i++)
		args[i] = BPF_CORE_READ(registers, regs[i]);
#endif
}

SEC("raw_tp/sys_enter")
int test_call(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 now = bpf_ktime_get_boot_ns();
	struct gs_process *known;
	struct gs_test_call test = {};

	if (ctx->args[1] != test_syscall || is_compat_call())
		return 0;
	known = bpf_map_lookup_elem(&processes, &pid);
	if (!current_in_scope(known))
		return 0;
	read_args((const void *)ctx->args[0], test.args);
	if (test_match_arg < GS_TEST_ARGS && test.args[test_match_arg] != test_match_value)
		return 0;
	fill_header(&test.header, GS_RECORD_TEST, sizeof(test), now, read_key_of(task),
		    (__u32)bpf_get_current_pid_tgid());
	test.parent = known ? known->parent : read_key_of(BPF_CORE_READ(task, real_parent));
	send(&test, sizeof(test), GS_RECORD_TEST);
	return 0;
}
