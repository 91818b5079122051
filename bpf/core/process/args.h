/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The argument area of a process that has just exec'd, whole. */
#ifndef GS_ARGS_H
#define GS_ARGS_H

#include "common/ring.h"

/* The kernel takes 6 MiB of arguments and environment at most (three quarters of _STK_LIM). */
#define GS_AREA_MAX (8u << 20)
#define GS_PIECES_MAX (GS_AREA_MAX / GS_PIECE_MAX)
/* For kernels without bpf_loop, where the verifier walks every turn: 512 KiB. */
#define GS_PIECES_UNROLLED 32

struct gs_spill {
	struct gs_scratch *scratch;
	const char *area;
	struct gs_key key;
	__u64 now;
	__u32 tid;
	__u32 size;
	__u32 sent;
	__u32 flags;
};

/* Sends one piece ahead. True: no more, or no sense in more. */
static __always_inline bool spill_piece(struct gs_spill *spill, __u32 turn)
{
	struct gs_scratch *scratch = spill->scratch;
	__u64 offset = (__u64)turn * GS_PIECE_MAX;
	__u64 size;

	if (offset >= spill->size)
		return true;
	size = at_most(spill->size - offset, GS_PIECE_MAX);
	if (bpf_probe_read_user(&scratch->record[sizeof(struct gs_args)], size,
				spill->area + offset)) {
		count_read_failed();
		spill->flags = GS_FLAG_ERROR_ARGS;
		return true;
	}
	fill_header(&scratch->args.header, GS_RECORD_ARGS, sizeof(struct gs_args) + size,
		    spill->now, spill->key, spill->tid);
	scratch->args.offset = offset;
	scratch->args.size = size;
	if (!send(scratch->record, sizeof(struct gs_args) + size, GS_RECORD_ARGS)) {
		spill->flags = GS_FLAG_TRUNC_ARGS;
		return true;
	}
	spill->sent = offset + size;
	return false;
}

static long spill_turn(__u32 turn, struct gs_spill *spill)
{
	return spill_piece(spill, turn);
}

static __noinline long spill_turns_unrolled(struct gs_spill *spill)
{
	for (__u32 turn = 0; turn < GS_PIECES_UNROLLED; turn++)
		if (spill_piece(spill, turn))
			break;
	return 0;
}

static __always_inline void spill_args(struct gs_spill *spill, const bool has_loop)
{
	if (has_loop)
		bpf_loop(GS_PIECES_MAX, spill_turn, spill, 0);
	else
		spill_turns_unrolled(spill);
	if (!spill->flags && spill->sent < spill->size)
		spill->flags = GS_FLAG_TRUNC_ARGS;
}

#endif
