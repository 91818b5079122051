/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What is done about a call that a selector matched. In monitor mode, which can change while the
 * hook is there, what would change the process is not done, and the record says so.
 */
#ifndef GS_ACTION_H
#define GS_ACTION_H

#include "hook/followed.h"
#include "hook/rate.h"
#include "selector/selector.h"

/* By the hook's slot. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* the host sets how many */
	__type(key, __u32);
	__type(value, __u32); /* 1: monitor */
} hook_modes SEC(".maps");

static __always_inline bool is_monitored(void)
{
	__u32 slot = hook_config.slot;
	const __u32 *mode = bpf_map_lookup_elem(&hook_modes, &slot);

	return mode && *(volatile const __u32 *)mode;
}

/* Branchless where it writes to the call, so that the verifier sees one outcome, not many. */
static __always_inline __u32 done(struct gs_call *call, enum gs_hook_action action, bool succeeded)
{
	__u32 worked = blurred(call, succeeded);

	call->actions |= worked * action;
	call->flags |= (worked ^ 1) * GS_HOOK_ACTION_FAILED;
	__sync_fetch_and_add(&call->counters->actions, worked);
	__sync_fetch_and_add(&call->counters->failed, worked ^ 1);
	return worked;
}

/* The path among the arguments; a name that is not whole is as good as it gets. */
static __always_inline bool follow(const struct gs_call *call, __u32 fd, __u32 name)
{
	struct gs_followed *followed = &call->scratch->followed;
	const struct gs_arg *arg = drafted(&call->scratch->draft, name);
	const struct gs_path *path = (const struct gs_path *)(arg + 1);
	__u64 size;

	if (arg->error != GS_ARG_OK || arg->size < sizeof(*path))
		return false;
	if (arg->kind != GS_ARG_PATH && arg->kind != GS_ARG_STRING)
		return false;
	size = at_most(arg->size - sizeof(*path), GS_FOLLOWED_MAX);
	__builtin_memset(followed, 0, sizeof(*followed));
	followed->start_ns = start_of(call->task);
	followed->mode = arg->kind == GS_ARG_PATH ? path->mode : 0;
	followed->size = size;
	if (size)
		bpf_probe_read_kernel(followed->path, size, path + 1);
	return put_followed(call, fd, followed);
}

static __always_inline bool copy_followed(const struct gs_call *call, __u32 from, __u32 to)
{
	const struct gs_followed *known = find_followed(call, from);

	return known && put_followed(call, to, known);
}

static __always_inline __u32 descriptor(const struct gs_call *call, __u32 position)
{
	__u32 fd = 0;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < GS_HOOK_ARGS; i++)
		if (position == i)
			fd = call->raw[i];
	return fd;
}

static __always_inline __u32 unfollow(struct gs_call *call, __u32 fd)
{
	__u32 dropped = blurred(call, drop_followed(call, fd));

	call->actions |= dropped * GS_ACTION_UNFOLLOW_FD;
	__sync_fetch_and_add(&call->counters->actions, dropped);
	return dropped;
}

/* 0: nothing was followed that could be forgotten, which nobody is told. */
static __always_inline __u32 change_fds(struct gs_call *call,
					const volatile struct gs_actions *actions)
{
	__u32 wanted = 1;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < GS_FD_ACTIONS; i++) {
		const volatile struct gs_fd_change *change = &actions->fd_change[i];
		__u32 fd;

		if (i >= actions->fd_changes)
			break;
		fd = descriptor(call, change->from);
		if (change->kind == GS_FD_FOLLOW)
			done(call, GS_ACTION_FOLLOW_FD, follow(call, fd, change->to));
		if (change->kind == GS_FD_COPY)
			done(call, GS_ACTION_COPY_FD,
			     copy_followed(call, fd, descriptor(call, change->to)));
		if (change->kind == GS_FD_UNFOLLOW)
			wanted &= unfollow(call, fd);
	}
	return wanted;
}

static __always_inline void enforce(struct gs_call *call, const volatile struct gs_actions *actions)
{
	__u32 enforced;

	if (!actions->signal && !actions->override_error)
		return;
	enforced = blurred(call, !is_monitored());
	call->flags |= (enforced ^ 1) * GS_HOOK_MONITORED;
	if (!enforced)
		return;
	if (actions->signal)
		call->signal = actions->signal *
			       done(call, GS_ACTION_SIGNAL, !bpf_send_signal(actions->signal));
	if (actions->override_error)
		call->override_error =
			actions->override_error * (__s32)done(call, GS_ACTION_OVERRIDE, true);
}

static __always_inline bool run_all(struct gs_call *call,
				    const volatile struct gs_selector *selector,
				    const volatile struct gs_actions *actions, __u64 digest,
				    const bool posts)
{
	__u32 wanted;

	wanted = change_fds(call, actions);
	enforce(call, actions);
	if (!posts)
		return wanted;
	rebase(call, selector);
	if (!wanted || actions->no_post)
		return false;
	if (actions->rate_interval_ns &&
	    blurred(call, is_too_soon(call, actions, selector, digest))) {
		count_hook(call, rate_limited);
		return false;
	}
	call->actions |= GS_ACTION_POST;
	return true;
}

/*
 * `one` is given the selector of that index. What is compared is a copy: the verifier would walk
 * all that follows once for each index that it knows.
 */
#define with_selector(call, index, one)                                                            \
	({                                                                                         \
		__u32 which = (index) + hidden_zero(call);                                         \
		__u32 outcome = 0;                                                                 \
		_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < GS_SELECTORS; i++)     \
		{                                                                                  \
			if (i >= selector_config.count)                                            \
				break;                                                             \
			if (i != which)                                                            \
				continue;                                                          \
			outcome = blurred(call, one(&selector_config.selector[i]));                \
			break;                                                                     \
		}                                                                                  \
		outcome;                                                                           \
	})

static __always_inline __u64 digest_if_needed(const struct gs_call *call)
{
	return selector_config.limits ? digest_of(call) : 0;
}

/*
 * At entry, `selector` being the first that matched. True: a record is wanted. Of a hook that
 * reports at return only then it is known which selector matches, and whether it is posted.
 */
static __noinline bool run_actions(struct gs_call *call, __u32 selector)
{
#define ENTRY_ACTIONS(one) run_all(call, one, &(one)->actions, digest, !hook_config.has_return)
	__u64 digest = 0;

	if (!hook_config.has_return)
		digest = digest_if_needed(call);
	if (selector_config.count)
		return with_selector(call, selector, ENTRY_ACTIONS);
	if (!hook_config.has_return)
		call->actions |= GS_ACTION_POST;
	return true;
}

/* At return, of a hook that reports there. */
static __noinline bool run_return_actions(struct gs_call *call, __u32 selector)
{
#define RETURN_ACTIONS(one) run_all(call, one, &(one)->return_actions, digest, true)
	__u64 digest = digest_if_needed(call);

	if (selector_config.count)
		return with_selector(call, selector, RETURN_ACTIONS);
	call->actions |= GS_ACTION_POST;
	return true;
}

/* Stacks that the record is to have. */
static __always_inline bool wants_kernel_stack(const struct gs_call *call, __u32 selector)
{
#define KERNEL_STACK(one) ((one)->actions.kernel_stack)
	return selector_config.kernel_stacks && with_selector(call, selector, KERNEL_STACK);
}

static __always_inline bool wants_user_stack(const struct gs_call *call, __u32 selector)
{
#define USER_STACK(one) ((one)->actions.user_stack)
	return selector_config.user_stacks && with_selector(call, selector, USER_STACK);
}

#endif
