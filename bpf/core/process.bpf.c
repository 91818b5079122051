/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The base programs: every process from its fork to its exit. */
#include "dns/record.h"
#include "process/exec.h"
#include "process/exit.h"
#include "process/fork.h"
#include "hook/record.h"
#include "process/host.h"

char LICENSE[] SEC("license") = "GPL";

/* Nothing reads these: they put the record types into this object's BTF, for the host. */
const struct gs_fork *layout_fork __attribute__((unused));
const struct gs_exec *layout_exec __attribute__((unused));
const struct gs_exit *layout_exit __attribute__((unused));
const struct gs_args *layout_args __attribute__((unused));
const struct gs_test_call *layout_test_call __attribute__((unused));
const struct gs_spaces *layout_spaces __attribute__((unused));
const enum gs_record_type *layout_record_type __attribute__((unused));
const enum gs_process_flag *layout_process_flag __attribute__((unused));
const enum gs_file_flag *layout_file_flag __attribute__((unused));
const enum gs_namespace *layout_namespace __attribute__((unused));
const enum gs_scope *layout_scope __attribute__((unused));
/* Records of hooks too: whoever reads the ring knows all that can be in it by this object alone. */
const struct gs_hook_event *layout_hook_event __attribute__((unused));
const struct gs_hook_definition *layout_hook_definition __attribute__((unused));
const struct gs_hook_counters *layout_hook_counters __attribute__((unused));
const struct gs_dns *layout_dns __attribute__((unused));
const enum gs_dns_flag *layout_dns_flag __attribute__((unused));
const struct gs_arg *layout_arg __attribute__((unused));
const struct gs_bytes *layout_bytes __attribute__((unused));
const struct gs_path *layout_path __attribute__((unused));
const struct gs_sock *layout_sock __attribute__((unused));
const struct gs_skb *layout_skb __attribute__((unused));
const struct gs_sockaddr *layout_sockaddr __attribute__((unused));
const struct gs_cred *layout_cred __attribute__((unused));
const struct gs_user_ns *layout_user_ns __attribute__((unused));
const struct gs_bpf_object *layout_bpf_object __attribute__((unused));
const struct gs_perf_event *layout_perf_event __attribute__((unused));
const struct gs_module *layout_module __attribute__((unused));
const enum gs_hook_action *layout_hook_action __attribute__((unused));
const enum gs_hook_flag *layout_hook_flag __attribute__((unused));
const enum gs_arg_kind *layout_arg_kind __attribute__((unused));
const enum gs_arg_error *layout_arg_error __attribute__((unused));
const enum gs_arg_path_flag *layout_arg_path_flag __attribute__((unused));

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *creator, struct task_struct *child)
{
	return on_fork(creator, child);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	return on_exec(task, old_pid, bprm, true);
}

/* In place of process_exec on kernels without bpf_loop, added by e6f2dd0f8067 (5.17). */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec_unrolled, struct task_struct *task, pid_t old_pid,
	     struct linux_binprm *bprm)
{
	return on_exec(task, old_pid, bprm, false);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	return on_exit(task);
}

/* Never attached: the host runs it once after load. */
SEC("raw_tp/sched_process_exec")
int host_namespaces(void *unused)
{
	return find_host_namespaces();
}
