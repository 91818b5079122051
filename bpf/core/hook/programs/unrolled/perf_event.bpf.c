/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* For kernels without bpf_loop, added by e6f2dd0f8067 (5.17). */
#define GS_WITHOUT_LOOP
#include "../perf_event.bpf.c"
