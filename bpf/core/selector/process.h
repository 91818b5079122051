/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What selectors ask of the process: pid, binary, namespaces, capabilities. */
#ifndef GS_SELECTOR_PROCESS_H
#define GS_SELECTOR_PROCESS_H

#include "selector/filter.h"

/* What is known of who makes the call; each only if a selector needs it. */
struct gs_caller {
	struct gs_facts *facts; /* NULL: unknown */
	struct gs_marks marks;
	struct gs_text_scratch *scratch; /* NULL: no binary can be compared */
	__u32 own_pid;			 /* in its own pid namespace; 0: that is the host's */
};

static __always_inline __u32 read_own_pid(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	struct upid innermost = {};

	if (!level)
		return 0;
	bpf_probe_read_kernel(&innermost, bpf_core_type_size(struct upid),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid));
	return innermost.nr;
}

static __always_inline __u32 read_pid_namespace(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	struct pid_namespace *space = NULL;

	bpf_probe_read_kernel(&space, sizeof(space),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid) +
				      bpf_core_field_offset(struct upid, ns));
	return BPF_CORE_READ(space, ns.inum);
}

static __always_inline __u32 read_namespace(struct task_struct *task, __u32 index)
{
	switch (index) {
	case GS_NS_UTS:
		return BPF_CORE_READ(task, nsproxy, uts_ns, ns.inum);
	case GS_NS_IPC:
		return BPF_CORE_READ(task, nsproxy, ipc_ns, ns.inum);
	case GS_NS_MNT:
		return BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	case GS_NS_PID:
		return read_pid_namespace(task);
	case GS_NS_PID_FOR_CHILDREN:
		return BPF_CORE_READ(task, nsproxy, pid_ns_for_children, ns.inum);
	case GS_NS_NET:
		return BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	case GS_NS_TIME:
		return BPF_CORE_READ(task, nsproxy, time_ns, ns.inum);
	case GS_NS_TIME_FOR_CHILDREN:
		return BPF_CORE_READ(task, nsproxy, time_ns_for_children, ns.inum);
	case GS_NS_CGROUP:
		return BPF_CORE_READ(task, nsproxy, cgroup_ns, ns.inum);
	case GS_NS_USER:
		return BPF_CORE_READ(task, cred, user_ns, ns.inum);
	}
	return 0;
}

static __always_inline const struct cred *cred_of(const struct gs_call *call)
{
	struct task_struct *task = call->task;

	return BPF_CORE_READ(task, cred);
}

static __always_inline __u64 read_capabilities(const struct cred *cred, __u32 set)
{
	__u64 capabilities = 0;
	__u32 offset = bpf_core_field_offset(struct cred, cap_effective);

	if (set == GS_CAPABILITY_INHERITABLE)
		offset = bpf_core_field_offset(struct cred, cap_inheritable);
	if (set == GS_CAPABILITY_PERMITTED)
		offset = bpf_core_field_offset(struct cred, cap_permitted);
	bpf_probe_read_kernel(&capabilities, sizeof(capabilities), (void *)cred + offset);
	return capabilities;
}

static __always_inline bool has_mark(const struct gs_marks *marks, __u32 bit)
{
	return marks->bits[bit >> 6 & 1] & 1ull << (bit & 63);
}

static __always_inline bool pid_matches(const struct gs_call *call, const struct gs_caller *caller,
					const volatile struct gs_filter *filter)
{
	bool passes;

	if (filter->is_namespaced && !caller->own_pid)
		return false; /* a process of the host: not even NotIn */
	if (filter->mark != GS_NO_MARK)
		passes = has_mark(&caller->marks, filter->mark);
	else
		passes = is_one_of(filter,
				   filter->is_namespaced ? caller->own_pid : process_of(call));
	return passes != filter->negated;
}

static __always_inline bool binary_matches(const struct gs_caller *caller,
					   const volatile struct gs_filter *filter)
{
	bool passes = false;

	if (filter->mark != GS_NO_MARK) {
		passes = has_mark(&caller->marks, filter->mark);
	} else if (caller->facts && caller->scratch) {
		struct gs_text binary = {
			.at = caller->facts->binary,
			.tail = caller->facts->binary_tail,
			.size = caller->facts->binary_size,
		};

		passes = text_passes(filter, caller->scratch, &binary);
	}
	return passes != filter->negated;
}

static __always_inline bool namespace_changed(const struct gs_call *call,
					      const struct gs_caller *caller,
					      const volatile struct gs_namespace_change *filter)
{
	bool changed = false;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < GS_NAMESPACES; i++) {
		if (!(filter->mask & 1u << i) || !caller->facts)
			continue;
		if (read_namespace(call->task, i) != caller->facts->ns[i])
			changed = true;
		if (blurred(call, changed))
			break;
	}
	return changed != !!filter->negated;
}

static __always_inline __u64 capabilities_before(const struct gs_facts *facts, __u32 set)
{
	if (set == GS_CAPABILITY_INHERITABLE)
		return facts->cap_inheritable;
	if (set == GS_CAPABILITY_PERMITTED)
		return facts->cap_permitted;
	return facts->cap_effective;
}

static __always_inline bool is_outside_host_user_ns(const struct cred *cred)
{
	return BPF_CORE_READ(cred, user_ns, ns.inum) != selector_config.host_user_ns;
}

static __always_inline bool capability_matches(const struct gs_call *call,
					       const struct gs_caller *caller,
					       const volatile struct gs_capability_filter *filter,
					       const bool as_change)
{
	const struct cred *cred = cred_of(call);
	__u64 bits;

	if (filter->is_namespaced && !is_outside_host_user_ns(cred))
		return false;
	bits = read_capabilities(cred, filter->set);
	if (as_change)
		bits = caller->facts ? bits ^ capabilities_before(caller->facts, filter->set) : 0;
	return !!(bits & filter->mask) != filter->negated;
}

/* All filters of one kind. */
#define all_match(call, filters, count, most, matches)                                             \
	({                                                                                         \
		__u32 all = 1;                                                                     \
		_Pragma("clang loop unroll(disable)") for (__u32 at = 0; at < (most); at++)        \
		{                                                                                  \
			if (at >= (count))                                                         \
				break;                                                             \
			all = blurred(call, matches(&(filters)[at]));                              \
			if (!all)                                                                  \
				break;                                                             \
		}                                                                                  \
		all;                                                                               \
	})

static __noinline bool process_matches(const struct gs_call *call, const struct gs_caller *caller,
				       const volatile struct gs_selector *selector)
{
#define PID(filter) pid_matches(call, caller, filter)
#define BINARY(filter) binary_matches(caller, filter)
#define NAMESPACE(filter)                                                                          \
	(is_one_of(filter, read_namespace(call->task, (filter)->position)) != (filter)->negated)
#define NAMESPACE_CHANGE(filter) namespace_changed(call, caller, filter)
#define CAPABILITY(filter) capability_matches(call, caller, filter, false)
#define CAPABILITY_CHANGE(filter) capability_matches(call, caller, filter, true)
	return all_match(call, selector->pid, selector->pids, GS_PID_FILTERS, PID) &&
	       all_match(call, selector->binary, selector->binaries, GS_BINARY_FILTERS, BINARY) &&
	       all_match(call, selector->namespace, selector->namespaces, GS_NAMESPACE_FILTERS,
			 NAMESPACE) &&
	       all_match(call, selector->capability, selector->capabilities, GS_CAPABILITY_FILTERS,
			 CAPABILITY) &&
	       all_match(call, selector->namespace_change, selector->namespace_changes,
			 GS_CHANGE_FILTERS, NAMESPACE_CHANGE) &&
	       all_match(call, selector->capability_change, selector->capability_changes,
			 GS_CHANGE_FILTERS, CAPABILITY_CHANGE);
}

/* A change that was reported is the state against which the next one is measured. */
static __always_inline void rebase(const struct gs_call *call,
				   const volatile struct gs_selector *selector)
{
	__u32 pid = process_of(call);
	struct gs_facts *facts;
	const struct cred *cred;

	if (!selector->namespace_changes && !selector->capability_changes)
		return;
	facts = bpf_map_lookup_elem(&process_facts, &pid);
	if (!facts)
		return;
	if (selector->namespace_changes)
#pragma clang loop unroll(disable)
		for (__u32 i = 0; i < GS_NAMESPACES; i++)
			facts->ns[i] = read_namespace(call->task, i);
	if (!selector->capability_changes)
		return;
	cred = cred_of(call);
	facts->cap_effective = read_capabilities(cred, GS_CAPABILITY_EFFECTIVE);
	facts->cap_inheritable = read_capabilities(cred, GS_CAPABILITY_INHERITABLE);
	facts->cap_permitted = read_capabilities(cred, GS_CAPABILITY_PERMITTED);
}

#endif
