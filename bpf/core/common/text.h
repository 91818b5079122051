/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Sets of strings to compare with, of any number, in maps that all hooks share. A set has a number,
 * which is part of every key; the host gives the numbers out. What a string stands for is in the
 * value: bits for struct gs_marks, where a set is about marks.
 */
#ifndef GS_TEXT_H
#define GS_TEXT_H

#include "common/kernel.h"
#include "process/facts.h"

/* Longest string that can be compared with: whole, its start, its end. */
#define GS_TEXT_MAX 256
#define GS_PREFIX_MAX 248
#define GS_POSTFIX_MAX 128
/* Longest string in the smaller of the two tables of whole strings. */
#define GS_TEXT_SHORT 56

/* Sets of the base programs: binaries by which processes are marked. */
#define GS_SET_MARK_EQUAL 1
#define GS_SET_MARK_PREFIX 2
#define GS_SET_MARK_POSTFIX 3
#define GS_SET_FIRST_FREE 16

struct gs_text_key {
	__u32 set;
	__u32 size;
	__u8 text[GS_TEXT_MAX]; /* zeros behind */
};

struct gs_short_key {
	__u32 set;
	__u32 size;
	__u8 text[GS_TEXT_SHORT];
};

/* For a postfix the text is the end of the string, from its last byte backwards. */
struct gs_prefix_key {
	__u32 bits; /* that count, those of `set` included */
	__u32 set;
	__u8 text[GS_PREFIX_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct gs_text_key);
	__type(value, struct gs_marks);
} texts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct gs_short_key);
	__type(value, struct gs_marks);
} short_texts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct gs_prefix_key);
	__type(value, struct gs_marks);
} prefixes SEC(".maps");

/* Where keys are put together. */
struct gs_text_scratch {
	union {
		struct gs_text_key whole;
		struct gs_prefix_key prefix;
	};
	__u8 tail[GS_POSTFIX_MAX]; /* the end of a string, zeros before it */
};

/* A string in memory of the kernel, in a map of ours for instance. */
struct gs_text {
	const __u8 *at;	  /* its start: at least min(size, GS_TEXT_MAX) bytes are there */
	const __u8 *tail; /* GS_POSTFIX_MAX bytes of which the last are its end */
	__u32 size;
};

/* Puts the last bytes of what lies before `end` where gs_text.tail wants them. */
static __always_inline void fill_tail(__u8 *tail, const __u8 *end, __u64 size)
{
	__u64 offset;

	__builtin_memset(tail, 0, GS_POSTFIX_MAX);
	size = at_most(size, GS_POSTFIX_MAX);
	if (!size)
		return;
	offset = GS_POSTFIX_MAX - size;
	barrier_var(offset);
	bpf_probe_read_kernel(tail + (offset & (GS_POSTFIX_MAX - 1)), size, end - size);
}

static __always_inline struct gs_marks *find_whole(struct gs_text_scratch *scratch, __u32 set,
						   const struct gs_text *text)
{
	struct gs_text_key *key = &scratch->whole;
	__u64 size = text->size;

	barrier_var(size);
	if (size > GS_TEXT_MAX)
		return NULL;
	if (size <= GS_TEXT_SHORT) {
		__builtin_memset(key, 0, sizeof(struct gs_short_key));
		key->set = set;
		key->size = size;
		if (size && bpf_probe_read_kernel(key->text, size, text->at))
			return NULL;
		return bpf_map_lookup_elem(&short_texts, key);
	}
	__builtin_memset(key, 0, sizeof(*key));
	key->set = set;
	key->size = size;
	if (bpf_probe_read_kernel(key->text, size, text->at))
		return NULL;
	return bpf_map_lookup_elem(&texts, key);
}

/* Key bits of the set number, which comes before the text. */
#define GS_SET_BITS 32

/* The longest string of the set that the text begins with. */
static __always_inline struct gs_marks *find_prefix(struct gs_text_scratch *scratch, __u32 set,
						    const struct gs_text *text)
{
	struct gs_prefix_key *key = &scratch->prefix;
	__u64 size = at_most(text->size, GS_PREFIX_MAX);

	key->bits = GS_SET_BITS + 8 * size;
	key->set = set;
	if (size && bpf_probe_read_kernel(key->text, size, text->at))
		return NULL;
	return bpf_map_lookup_elem(&prefixes, key);
}

/* The longest string of the set that the text ends with. */
static __always_inline struct gs_marks *find_postfix(struct gs_text_scratch *scratch, __u32 set,
						     const struct gs_text *text)
{
	struct gs_prefix_key *key = &scratch->prefix;
	__u64 *to = (__u64 *)key->text;
	const __u64 *from = (const __u64 *)text->tail;

	/* eight bytes at a time; what is beyond the size does not count */
	for (__u32 i = 0; i < GS_POSTFIX_MAX / 8; i++)
		to[i] = __builtin_bswap64(from[GS_POSTFIX_MAX / 8 - 1 - i]);
	key->bits = GS_SET_BITS + 8 * at_most(text->size, GS_POSTFIX_MAX);
	key->set = set;
	return bpf_map_lookup_elem(&prefixes, key);
}

#endif
