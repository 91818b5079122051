/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the stages of a hook program know of the call that they are about. */
#ifndef GS_HOOK_CALL_H
#define GS_HOOK_CALL_H

#include "hook/scratch.h"
#include "common/ring.h"
#include "common/scope.h"

struct gs_call {
	void *ctx;
	const void *registers; /* with which a system call was made; else NULL */
	struct task_struct *task;
	const struct gs_process *known; /* NULL: not in the process table */
	struct gs_hook_scratch *scratch;
	struct gs_hook_counters *counters;
	__u64 thread;	      /* as bpf_get_current_pid_tgid() tells it */
	__u64 returned;	      /* at return: as it came */
	__u64 returned_value; /* ... and as the policy's type has it */
	/* As they came, integers extended to 64 bits. Valid from read_raw() on. */
	__u64 raw[GS_HOOK_ARGS];
	__u16 error[GS_HOOK_ARGS]; /* enum gs_arg_error: why raw is not what it should be */
	/* What the actions leave. */
	__u32 actions;	      /* enum gs_hook_action */
	__u32 flags;	      /* enum gs_hook_flag */
	__s32 override_error; /* what the program returns, where that overrides the call */
	__u32 signal;
};

/* By the hook's slot. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1); /* the host sets how many */
	__type(key, __u32);
	__type(value, struct gs_hook_counters);
} hook_counters SEC(".maps");

/*
 * Parts of a program that are functions of their own: the stack of the kernel's making is 512 bytes
 * for all that are inside each other, so what would need much of it gives it back when it is done.
 * They return a zero that the compiler does not know of, or it would leave an address in its place,
 * which the verifier refuses.
 */
static __always_inline int part_done(void)
{
	int zero = 0;

	barrier_var(zero);
	return zero;
}

#define run_part(call)                                                                             \
	({                                                                                         \
		int _zero = call;                                                                  \
		barrier_var(_zero);                                                                \
	})

#define count_hook(call, what) __sync_fetch_and_add(&(call)->counters->what, 1)

static __always_inline __u32 process_of(const struct gs_call *call)
{
	return call->thread >> 32;
}

static __always_inline __u32 thread_of(const struct gs_call *call)
{
	return (__u32)call->thread;
}

/* False: nothing is to be looked at. */
static __always_inline bool begin_call(struct gs_call *call)
{
	__u32 pid, slot = hook_config.slot;

	call->thread = bpf_get_current_pid_tgid();
	pid = process_of(call);
	call->known = bpf_map_lookup_elem(&processes, &pid);
	if (!current_in_scope(call->known))
		return false;
	call->task = (struct task_struct *)bpf_get_current_task();
	call->counters = bpf_map_lookup_elem(&hook_counters, &slot);
	return call->counters;
}

/* A record that there is no room for. */
static __always_inline void count_hook_lost(const struct gs_call *call)
{
	struct gs_counters *own = own_counters();

	count_hook(call, lost);
	if (own)
		__sync_fetch_and_add(&own->lost[GS_RECORD_HOOK], 1);
}

#endif
