/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "hook/hook.h"
#include "hook/layout.h"

SEC("?raw_tp")
int hook_entry(void *ctx)
{
	struct gs_call call = {.ctx = ctx};

	on_call(&call);
	return 0;
}
