/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "hook/hook.h"
#include "hook/layout.h"

SEC("?fentry")
int hook_entry(__u64 *ctx)
{
	struct gs_call call = {.ctx = ctx};

	if (hook_config.is_syscall)
		call.registers = (const void *)ctx[0];
	on_call(&call);
	return 0;
}

SEC("?fexit")
int hook_return(__u64 *ctx)
{
	struct gs_call call = {.ctx = ctx};

	return on_return(&call);
}
