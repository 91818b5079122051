/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Who a process is: users, capabilities, namespaces, and its pid as it knows it itself. */
#ifndef GS_CREDS_H
#define GS_CREDS_H

#include "common/kernel.h"
#include "common/record.h"

#define GS_NO_LOGIN 4294967295u

static __always_inline void fill_creds(struct gs_exec *exec, struct task_struct *task)
{
	const struct cred *cred = task->cred;

	exec->uid = cred->uid.val;
	exec->euid = cred->euid.val;
	exec->gid = cred->gid.val;
	exec->egid = cred->egid.val;
	exec->auid = bpf_core_field_exists(task->loginuid) ? task->loginuid.val : GS_NO_LOGIN;
	/* not by name: what is inside kernel_cap_t differs, see kernel.h */
	bpf_probe_read_kernel(&exec->cap_permitted, sizeof(__u64), &cred->cap_permitted);
	bpf_probe_read_kernel(&exec->cap_effective, sizeof(__u64), &cred->cap_effective);
	bpf_probe_read_kernel(&exec->cap_inheritable, sizeof(__u64), &cred->cap_inheritable);
}

/* The task's pid in the innermost pid namespace that it lives in. */
static __always_inline void read_innermost(struct upid *innermost, struct task_struct *task)
{
	struct pid *pid = task->thread_pid;
	__u32 level = pid->level;

	bpf_probe_read_kernel(innermost, bpf_core_type_size(struct upid),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid));
}

static __always_inline __u32 innermost_pid(struct task_struct *task)
{
	struct upid innermost = {};

	read_innermost(&innermost, task);
	return innermost.nr;
}

static __always_inline void fill_namespaces(struct gs_exec *exec, struct task_struct *task)
{
	struct nsproxy *spaces = task->nsproxy;
	struct upid innermost = {};
	struct pid_namespace *pid_space;

	read_innermost(&innermost, task);
	pid_space = innermost.ns;
	exec->ns_pid = innermost.nr;
	exec->ns[GS_NS_PID] = BPF_CORE_READ(pid_space, ns.inum);
	exec->ns[GS_NS_UTS] = spaces->uts_ns->ns.inum;
	exec->ns[GS_NS_IPC] = spaces->ipc_ns->ns.inum;
	exec->ns[GS_NS_MNT] = spaces->mnt_ns->ns.inum;
	exec->ns[GS_NS_PID_FOR_CHILDREN] = spaces->pid_ns_for_children->ns.inum;
	exec->ns[GS_NS_NET] = spaces->net_ns->ns.inum;
	exec->ns[GS_NS_TIME] = spaces->time_ns->ns.inum;
	exec->ns[GS_NS_TIME_FOR_CHILDREN] = spaces->time_ns_for_children->ns.inum;
	exec->ns[GS_NS_CGROUP] = spaces->cgroup_ns->ns.inum;
	exec->ns[GS_NS_USER] = task->cred->user_ns->ns.inum;
}

#endif
