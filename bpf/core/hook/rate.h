/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Not the same thing again so soon: calls that one selector matched and whose arguments are the
 * same, of one thread, one process or all. Of arguments longer than GS_DIGEST_WORDS words together,
 * the start and the length count.
 */
#ifndef GS_RATE_H
#define GS_RATE_H

#include "hook/call.h"
#include "selector/config.h"

#define GS_DIGEST_WORDS 128

struct gs_rate_key {
	__u64 digest;
	__u64 who; /* thread or process; 0: anybody */
	__u32 hook;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct gs_rate_key);
	__type(value, __u64); /* when it was last posted */
} rates SEC(".maps");

static __always_inline __u64 mixed(__u64 digest, __u64 word)
{
	digest = (digest ^ word) * 0x9e3779b97f4a7c15ull;
	return digest ^ digest >> 29;
}

static __always_inline __u64 digest_of(const struct gs_call *call)
{
	const struct gs_hook_draft *draft = &call->scratch->draft;
	__u64 end = at_most(*(const volatile __u32 *)&draft->at, hook_config.data_max);
	__u64 digest = mixed(selector_config.digest_seed, end);

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < GS_DIGEST_WORDS; i++) {
		__u64 at = sizeof(struct gs_hook_event) + 8 * i;

		if (at >= end || at >= hook_config.data_max)
			break;
		digest = mixed(digest, *(const __u64 *)&draft->data[at]);
	}
	return digest;
}

/* Of several that come at the same moment one is posted. */
static __always_inline bool is_too_soon(const struct gs_call *call,
					const volatile struct gs_actions *actions,
					const volatile struct gs_selector *selector, __u64 digest)
{
	struct gs_rate_key key = {.hook = hook_config.hook};
	__u64 now = bpf_ktime_get_boot_ns();
	__u64 *last;

	key.digest = mixed(digest, (__u64)(selector - selector_config.selector));
	if (actions->rate_scope == GS_RATE_THREAD)
		key.who = call->thread;
	if (actions->rate_scope == GS_RATE_PROCESS)
		key.who = call->thread >> 32;
	last = bpf_map_lookup_elem(&rates, &key);
	if (!last)
		return bpf_map_update_elem(&rates, &key, &now, BPF_NOEXIST) == -17; /* EEXIST */
	if (now - *last < actions->rate_interval_ns)
		return true;
	*last = now;
	return false;
}

#endif
