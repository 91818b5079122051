/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* What libbpf's own relocation finds in the kernel's BTF, to compare with. */
struct task_struct {
	int pid;
	int tgid;
	struct task_struct *real_parent;
	char comm[16];
} __attribute__((preserve_access_index));

struct no_such_struct {
	int member;
} __attribute__((preserve_access_index));

enum bpf_func_id___probe {
	BPF_FUNC_ringbuf_output___probe = 1,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("raw_tp")
int offset_pid(void *ctx)
{
	return bpf_core_field_offset(struct task_struct, pid);
}

SEC("raw_tp")
int offset_comm(void *ctx)
{
	return bpf_core_field_offset(struct task_struct, comm);
}

SEC("raw_tp")
int offset_real_parent(void *ctx)
{
	return bpf_core_field_offset(struct task_struct, real_parent);
}

SEC("raw_tp")
int size_task(void *ctx)
{
	return bpf_core_type_size(struct task_struct);
}

/* Cannot be relocated: the verifier's log names the missing member. */
SEC("?raw_tp")
int missing_member(struct bpf_raw_tracepoint_args *ctx)
{
	struct no_such_struct *missing = (void *)ctx->args[0];

	return BPF_CORE_READ(missing, member);
}
