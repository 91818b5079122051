/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What runs on a CPU when its clock ticks; the task that does nothing is left out. */
#include "hook/hook.h"
#include "hook/layout.h"

SEC("?perf_event")
int hook_entry(void *ctx)
{
	struct gs_call call = {.ctx = ctx};

	if ((__u32)bpf_get_current_pid_tgid())
		on_call(&call);
	return 0;
}
