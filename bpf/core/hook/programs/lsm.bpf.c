/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What it returns overrides the call, if it is not 0. */
#include "hook/hook.h"
#include "hook/layout.h"

SEC("?lsm")
int hook_entry(__u64 *ctx)
{
	struct gs_call call = {.ctx = ctx};
	int error = on_call(&call);

	/* newer kernels want to see that it is an error number: 5d99e198be27 (6.12) */
	return error >= -GS_ERRNO_MAX && error <= 0 ? error : 0;
}
