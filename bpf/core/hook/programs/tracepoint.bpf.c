/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "hook/hook.h"
#include "hook/layout.h"

SEC("?tracepoint")
int hook_entry(void *ctx)
{
	struct gs_call call = {.ctx = ctx};

	on_call(&call);
	return 0;
}
