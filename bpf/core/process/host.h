/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The namespaces that the kernel started with. Whoever runs this, the outermost of its pid
 * namespaces is the initial one; the parent of the first process there is the kernel itself, and
 * that never leaves its namespaces.
 */
#ifndef GS_HOST_H
#define GS_HOST_H

#include "common/maps.h"

static __always_inline int find_host_namespaces(void)
{
	struct task_struct *self = (void *)bpf_get_current_task();
	struct pid_namespace *pid_space = BPF_CORE_READ(self, thread_pid, numbers[0].ns);
	struct task_struct *kernel = BPF_CORE_READ(pid_space, child_reaper, real_parent);
	struct nsproxy *spaces = BPF_CORE_READ(kernel, nsproxy);
	struct gs_spaces *host;
	__u32 zero = 0;

	host = bpf_map_lookup_elem(&host_spaces, &zero);
	if (!host)
		return 1;
	host->ns[GS_NS_UTS] = BPF_CORE_READ(spaces, uts_ns, ns.inum);
	host->ns[GS_NS_IPC] = BPF_CORE_READ(spaces, ipc_ns, ns.inum);
	host->ns[GS_NS_MNT] = BPF_CORE_READ(spaces, mnt_ns, ns.inum);
	host->ns[GS_NS_PID] = BPF_CORE_READ(pid_space, ns.inum);
	host->ns[GS_NS_PID_FOR_CHILDREN] = BPF_CORE_READ(spaces, pid_ns_for_children, ns.inum);
	host->ns[GS_NS_NET] = BPF_CORE_READ(spaces, net_ns, ns.inum);
	host->ns[GS_NS_TIME] = BPF_CORE_READ(spaces, time_ns, ns.inum);
	host->ns[GS_NS_TIME_FOR_CHILDREN] = BPF_CORE_READ(spaces, time_ns_for_children, ns.inum);
	host->ns[GS_NS_CGROUP] = BPF_CORE_READ(spaces, cgroup_ns, ns.inum);
	host->ns[GS_NS_USER] = BPF_CORE_READ(kernel, cred, user_ns, ns.inum);
	return 0;
}

#endif
