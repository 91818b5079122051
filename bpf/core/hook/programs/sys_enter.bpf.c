/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* One system call where there is neither fentry nor a kprobe: these see all of them, and ask. */
#include "hook/hook.h"
#include "hook/layout.h"

SEC("?raw_tp/sys_enter")
int hook_entry(struct bpf_raw_tracepoint_args *ctx)
{
	struct gs_call call = {.ctx = ctx, .registers = (const void *)ctx->args[0]};

	if (ctx->args[1] != hook_config.syscall || is_compat_call())
		return 0;
	on_call(&call);
	return 0;
}

SEC("?raw_tp/sys_exit")
int hook_return(struct bpf_raw_tracepoint_args *ctx)
{
	struct gs_call call = {.ctx = ctx, .registers = (const void *)ctx->args[0]};

	if (read_source(&call, &hook_config.number) != hook_config.syscall)
		return 0;
	return on_return(&call);
}
