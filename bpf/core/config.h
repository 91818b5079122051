/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Read-only data that the host sets before load: the verifier drops what is not asked for. */
#ifndef GS_CONFIG_H
#define GS_CONFIG_H

#include "kernel.h"
#include "record.h"

/* enum gs_scope */
const volatile __u32 scope_kind = GS_SCOPE_TREE;

/* GS_SCOPE_CGROUP: id of the cgroup that is also in slot 0 of scope_cgroup */
const volatile __u64 scope_cgroup_id = 0;

/*
 * 0: the ring wakes its reader whenever the reader has caught up. Else the reader is woken
 * once this many bytes wait for it, and looks by itself now and then.
 */
const volatile __u64 wakeup_bytes = 0;

#endif
