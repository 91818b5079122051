/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Tests of numbers, texts and addresses, with their values in read-only data or in maps. */
#ifndef GS_FILTER_H
#define GS_FILTER_H

#include "hook/call.h"
#include "selector/config.h"
#include "common/text.h"

struct gs_number_key {
	__u32 set;
	__u32 pad;
	__u64 value;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct gs_number_key);
	__type(value, __u8);
} numbers SEC(".maps");

/* Blocks that ranges consist of, and networks: big-endian, so that the first bits decide. */
struct gs_block_key {
	__u32 bits; /* that count, those of `set` and `family` included */
	__u32 set;
	__u32 family; /* 4 or 6; of numbers 0 */
	__u8 value[16];
};

/* Key bits before the value. */
#define GS_BLOCK_BITS 64

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct gs_block_key);
	__type(value, __u8);
} blocks SEC(".maps");

/* Always 0, which the verifier does not know: no pid is so large that it has this bit. */
static __always_inline __u32 hidden_zero(const struct gs_call *call)
{
	__u32 zero = call->thread >> 31 & 1;

	barrier_var(zero);
	return zero;
}

/*
 * Whether something matched, as a number of which the verifier does not know whether it is 0 or 1.
 * Else it would walk all that follows once for each way the tests before can have gone.
 */
static __always_inline __u32 blurred(const struct gs_call *call, bool matched)
{
	return (__u32)matched ^ hidden_zero(call);
}

static __always_inline bool is_one_of(const volatile struct gs_filter *filter, __u64 value)
{
	struct gs_number_key key = {.set = filter->set, .value = value};

	if (!filter->count)
		return bpf_map_lookup_elem(&numbers, &key);
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < GS_VALUES; i++) {
		if (i >= filter->count)
			break;
		if (filter->value[i] == value)
			return true;
	}
	return false;
}

static __always_inline bool is_less(bool is_signed, __u64 a, __u64 b)
{
	return is_signed ? (__s64)a < (__s64)b : a < b;
}

static __always_inline bool has_bit_of(const volatile struct gs_filter *filter, __u64 value)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < GS_VALUES; i++) {
		if (i >= filter->count)
			break;
		if (filter->value[i] & value)
			return true;
	}
	return false;
}

/* Signed numbers are moved up by half of all numbers, so that their order is that of their bits. */
static __always_inline bool is_in_blocks(const volatile struct gs_filter *filter, __u64 value)
{
	struct gs_block_key key = {.bits = GS_BLOCK_BITS + 64, .set = filter->set};

	if (filter->is_signed)
		value ^= 1ull << 63;
	*(__u64 *)(key.value + 4) = 0;
	value = __builtin_bswap64(value);
	__builtin_memcpy(key.value, &value, sizeof(value));
	return bpf_map_lookup_elem(&blocks, &key);
}

static __always_inline bool is_in_range(const volatile struct gs_filter *filter, __u64 value)
{
	if (!filter->count)
		return is_in_blocks(filter, value);
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i + 1 < GS_VALUES; i += 2) {
		if (i >= filter->count)
			break;
		if (!is_less(filter->is_signed, value, filter->value[i]) &&
		    !is_less(filter->is_signed, filter->value[i + 1], value))
			return true;
	}
	return false;
}

static __always_inline bool number_passes(const volatile struct gs_filter *filter, __u64 value)
{
	switch (filter->test) {
	case GS_TEST_ONE_OF:
		return is_one_of(filter, value);
	case GS_TEST_GREATER:
		return is_less(filter->is_signed, filter->value[0], value);
	case GS_TEST_LESS:
		return is_less(filter->is_signed, value, filter->value[0]);
	case GS_TEST_MASK:
		return has_bit_of(filter, value);
	case GS_TEST_RANGE:
		return is_in_range(filter, value);
	}
	return false;
}

static __always_inline bool text_passes(const volatile struct gs_filter *filter,
					struct gs_text_scratch *scratch, const struct gs_text *text)
{
	switch (filter->test) {
	case GS_TEST_EQUAL:
		return find_whole(scratch, filter->set, text);
	case GS_TEST_PREFIX:
		return find_prefix(scratch, filter->set, text);
	case GS_TEST_POSTFIX:
		return find_postfix(scratch, filter->set, text);
	}
	return false;
}

#include <bpf/bpf_endian.h>
#define GS_FAMILY_IPV4 2
#define GS_FAMILY_IPV6 10

/* ::ffff:0:0/96, IPv4 in IPv6, is IPv4. */
static __always_inline bool address_passes(const volatile struct gs_filter *filter, __u16 family,
					   const __u8 *address)
{
	struct gs_block_key key = {.set = filter->set};
	const __u32 *words = (const __u32 *)address;
	__u32 *to = (__u32 *)key.value;

	if (family == GS_FAMILY_IPV4) {
		to[0] = words[0];
		key.family = 4;
	} else if (family != GS_FAMILY_IPV6) {
		return false;
	} else if (words[0] == 0 && words[1] == 0 && words[2] == bpf_htonl(0xffff)) {
		to[0] = words[3];
		key.family = 4;
	} else {
		to[0] = words[0];
		to[1] = words[1];
		to[2] = words[2];
		to[3] = words[3];
		key.family = 6;
	}
	key.bits = GS_BLOCK_BITS + (key.family == 4 ? 32 : 128);
	return bpf_map_lookup_elem(&blocks, &key);
}

#endif
