/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The programs for hooks of policies, one for each way to attach. A hook is a copy of one of them,
 * made for it alone by what hook_config and selector_config say.
 */
#include <linux/ptrace.h>
#include "hook.h"

char LICENSE[] SEC("license") = "GPL";

/*
 * Nothing reads these: they put the types of the record into this object's BTF, for the host.
 * Constant, so that a hook has no map of variables for them.
 */
const struct gs_hook_event *const layout_hook_event __attribute__((unused)) = 0;
const struct gs_arg *const layout_arg __attribute__((unused)) = 0;
const struct gs_bytes *const layout_bytes __attribute__((unused)) = 0;
const struct gs_path *const layout_path __attribute__((unused)) = 0;
const struct gs_sock *const layout_sock __attribute__((unused)) = 0;
const struct gs_skb *const layout_skb __attribute__((unused)) = 0;
const struct gs_sockaddr *const layout_sockaddr __attribute__((unused)) = 0;
const struct gs_cred *const layout_cred __attribute__((unused)) = 0;
const struct gs_user_ns *const layout_user_ns __attribute__((unused)) = 0;
const struct gs_bpf_object *const layout_bpf_object __attribute__((unused)) = 0;
const struct gs_perf_event *const layout_perf_event __attribute__((unused)) = 0;
const struct gs_module *const layout_module __attribute__((unused)) = 0;
const enum gs_record_type *const layout_record_type __attribute__((unused)) = 0;
const enum gs_hook_action *const layout_hook_action __attribute__((unused)) = 0;
const enum gs_hook_flag *const layout_hook_flag __attribute__((unused)) = 0;
const enum gs_arg_kind *const layout_arg_kind __attribute__((unused)) = 0;
const enum gs_arg_error *const layout_arg_error __attribute__((unused)) = 0;
const enum gs_arg_path_flag *const layout_arg_path_flag __attribute__((unused)) = 0;

SEC("?tracepoint")
int hook_tracepoint(void *ctx)
{
	struct gs_call call = {.ctx = ctx};

	on_call(&call);
	return 0;
}

SEC("?raw_tp")
int hook_raw_tracepoint(void *ctx)
{
	struct gs_call call = {.ctx = ctx};

	on_call(&call);
	return 0;
}

/* Sees every system call: which one it is has to be asked first. */
SEC("?raw_tp/sys_enter")
int hook_sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct gs_call call = {.ctx = ctx, .registers = (const void *)ctx->args[0]};

	if (ctx->args[1] != hook_config.syscall || is_compat_call())
		return 0;
	on_call(&call);
	return 0;
}

SEC("?raw_tp/sys_exit")
int hook_sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct gs_call call = {.ctx = ctx, .registers = (const void *)ctx->args[0]};

	if (read_source(&call, &hook_config.number) != hook_config.syscall)
		return 0;
	return on_return(&call);
}

/* Also attached to functions of programs, as uprobe. */
SEC("?kprobe")
int hook_kprobe(struct pt_regs *ctx)
{
	struct gs_call call = {.ctx = ctx};

	if (hook_config.is_syscall)
		call.registers = (const void *)PT_REGS_PARM1(ctx);
	on_call(&call);
	if (selector_config.overrides && call.override_error)
		bpf_override_return(ctx, call.override_error);
	return 0;
}

SEC("?kretprobe")
int hook_kretprobe(struct pt_regs *ctx)
{
	struct gs_call call = {.ctx = ctx};

	return on_return(&call);
}

SEC("?fentry")
int hook_fentry(__u64 *ctx)
{
	struct gs_call call = {.ctx = ctx};

	if (hook_config.is_syscall)
		call.registers = (const void *)ctx[0];
	on_call(&call);
	return 0;
}

SEC("?fexit")
int hook_fexit(__u64 *ctx)
{
	struct gs_call call = {.ctx = ctx};

	return on_return(&call);
}

/* What these two return overrides the call, if it is not 0. */
SEC("?fmod_ret")
int hook_fmod_ret(__u64 *ctx)
{
	struct gs_call call = {.ctx = ctx};

	if (hook_config.is_syscall)
		call.registers = (const void *)ctx[0];
	return on_call(&call);
}

SEC("?lsm")
int hook_lsm(__u64 *ctx)
{
	struct gs_call call = {.ctx = ctx};

	return on_call(&call);
}
