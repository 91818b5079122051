/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Strings, buffers and vectors of buffers. */
#ifndef GS_HOOK_BYTES_H
#define GS_HOOK_BYTES_H

#include "hook/draft.h"
#include "hook/kernel.h"
#include "hook/source.h"

/* Most pieces of a vector that are looked at. */
#define GS_PIECES 32

static __always_inline long read_memory(void *to, __u32 size, __u64 from, bool is_user)
{
	return is_user ? bpf_probe_read_user(to, size, (void *)from)
		       : bpf_probe_read_kernel(to, size, (void *)from);
}

/* One byte more than is reported shows whether there is more. */
static __always_inline void copy_string(struct gs_hook_draft *draft,
					const volatile struct gs_hook_argument *arg, __u64 from,
					struct gs_copied *copied)
{
	struct gs_bytes *bytes = payload(draft);
	__u64 max = arg->max_data;
	long read;

	copied->kind = GS_ARG_STRING;
	copied->size = sizeof(*bytes);
	bytes->original_size = 0;
	if (arg->is_user)
		read = bpf_probe_read_user_str(bytes + 1, max + 2, (void *)from);
	else
		read = bpf_probe_read_kernel_str(bytes + 1, max + 2, (void *)from);
	if (read < 0) {
		copied->error = GS_ARG_FAULT;
		return;
	}
	/* Of an empty string older kernels (6.1) say 0, newer ones count its NUL. */
	if (!read)
		return;
	bytes->original_size = read - 1;
	copied->size += at_most(read - 1, max);
}

static __always_inline void copy_buffer(struct gs_hook_draft *draft,
					const volatile struct gs_hook_argument *arg, __u64 from,
					__u64 length, bool is_user, struct gs_copied *copied)
{
	struct gs_bytes *bytes = payload(draft);
	__u64 size = at_most(length, arg->max_data);

	copied->kind = GS_ARG_BYTES;
	copied->size = sizeof(*bytes);
	bytes->original_size = length;
	if (read_memory(bytes + 1, size, from, is_user))
		copied->error = GS_ARG_FAULT;
	else
		copied->size += size;
}

struct gs_vector {
	__u64 base;
	__u64 length;
};

struct gs_pieces {
	__u64 vector; /* address of the array of struct iovec */
	__u64 count;
	__u64 skip;	/* bytes of the first one that are done with */
	bool is_user;	/* where the array lies */
	bool are_users; /* where the pieces lie */
};

/* One piece, behind those before. How far these go stands in memory, where the verifier forgets it.
 */
static __always_inline long copy_piece(struct gs_hook_draft *draft, struct gs_bytes *bytes,
				       const struct gs_pieces *pieces, __u32 i, __u64 max)
{
	struct gs_vector piece = {};
	__u64 end, size;

	if (read_memory(&piece, sizeof(piece), pieces->vector + i * sizeof(piece), pieces->is_user))
		return -1;
	if (i == 0) {
		piece.base += pieces->skip;
		piece.length -= pieces->skip;
	}
	bytes->original_size += piece.length;
	end = at_most(*(volatile __u32 *)&draft->filled, max);
	size = at_most(piece.length, max - end);
	size = at_most(size, max);
	if (read_memory((void *)(bytes + 1) + end, size, piece.base, pieces->are_users))
		return -1;
	draft->filled = end + size;
	return 0;
}

static __always_inline void copy_pieces(struct gs_hook_draft *draft, __u64 max,
					const struct gs_pieces *pieces, struct gs_copied *copied)
{
	struct gs_bytes *bytes = payload(draft);

	copied->kind = GS_ARG_BYTES;
	bytes->original_size = 0;
	draft->filled = 0;
	for (__u32 i = 0; i < GS_PIECES; i++) {
		if (i >= pieces->count)
			break;
		if (copy_piece(draft, bytes, pieces, i, max)) {
			copied->error = GS_ARG_FAULT;
			break;
		}
	}
	copied->size = sizeof(*bytes) + *(volatile __u32 *)&draft->filled;
}

static __always_inline void copy_iovec(struct gs_hook_draft *draft,
				       const volatile struct gs_hook_argument *arg, __u64 from,
				       __u64 count, struct gs_copied *copied)
{
	struct gs_pieces pieces = {
		.vector = from,
		.count = count,
		.is_user = arg->is_user,
		.are_users = true,
	};

	copy_pieces(draft, arg->max_data, &pieces, copied);
}

/* `type` with the direction in its lowest bit became iter_type in 8cd54c1c8480 (5.14) */
static __always_inline __u32 kind_of_iter(struct iov_iter *iter)
{
	if (bpf_core_field_exists(iter->iter_type))
		return BPF_CORE_READ(iter, iter_type);
	return BPF_CORE_READ((struct iov_iter___type *)iter, type) & ~1u;
}

/* iov became __iov in de4f5fed3f23 (6.4) */
static __always_inline __u64 vector_of_iter(struct iov_iter *iter)
{
	if (bpf_core_field_exists(iter->__iov))
		return (__u64)BPF_CORE_READ(iter, __iov);
	return (__u64)BPF_CORE_READ((struct iov_iter___iov *)iter, iov);
}

/* What lies in memory of the process or of the kernel; pages and pipes are not looked into. */
static __always_inline void copy_iter(struct gs_hook_draft *draft,
				      const volatile struct gs_hook_argument *arg,
				      struct iov_iter *iter, struct gs_copied *copied)
{
	__u32 kind = kind_of_iter(iter);
	struct gs_pieces pieces = {.skip = BPF_CORE_READ(iter, iov_offset)};
	struct gs_bytes *bytes = payload(draft);

	/* ITER_UBUF was added by fcb14cb1bdac (6.0) */
	if (bpf_core_enum_value_exists(enum iter_type, ITER_UBUF) &&
	    kind == bpf_core_enum_value(enum iter_type, ITER_UBUF)) {
		__u64 from = (__u64)BPF_CORE_READ(iter, ubuf) + pieces.skip;

		copy_buffer(draft, arg, from, BPF_CORE_READ(iter, count), true, copied);
		return;
	}
	pieces.vector = vector_of_iter(iter);
	pieces.count = BPF_CORE_READ(iter, nr_segs);
	pieces.are_users = kind == bpf_core_enum_value(enum iter_type, ITER_IOVEC);
	if (pieces.are_users || kind == bpf_core_enum_value(enum iter_type, ITER_KVEC)) {
		copy_pieces(draft, arg->max_data, &pieces, copied);
		bytes->original_size = BPF_CORE_READ(iter, count);
		return;
	}
	copied->kind = GS_ARG_BYTES;
	copied->error = GS_ARG_FAULT;
	copied->size = sizeof(*bytes);
	bytes->original_size = BPF_CORE_READ(iter, count);
}

#endif
