/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Also attached to functions of programs, as uprobes. */
#include <linux/ptrace.h>
#include "hook/hook.h"
#include "hook/layout.h"

SEC("?kprobe")
int hook_entry(struct pt_regs *ctx)
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
int hook_return(struct pt_regs *ctx)
{
	struct gs_call call = {.ctx = ctx};

	return on_return(&call);
}
