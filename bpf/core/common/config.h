/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Read-only data that the host sets before load: the verifier drops what is not asked for. */
#ifndef GS_CONFIG_H
#define GS_CONFIG_H

#include "common/kernel.h"
#include "common/record.h"

/* enum gs_scope */
const volatile __u32 scope_kind = GS_SCOPE_TREE;

/* GS_SCOPE_CGROUP: id of the cgroup that is also in slot 0 of scope_cgroup */
const volatile __u64 scope_cgroup_id = 0;

/*
 * How full records of hooks and of DNS may make the ring, bytes; the rest is kept for processes, so
 * that no flood of a policy costs one of these. 0: no bound.
 */
const volatile __u64 hook_ring_bytes = 0;

#endif
