/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What is put into a draft, one argument behind the other. Where the next one goes stands in the
 * draft and not in a variable, for the same reason as in strings.h.
 */
#ifndef GS_HOOK_DRAFT_H
#define GS_HOOK_DRAFT_H

#include "hook/scratch.h"

/* What became of an argument. */
struct gs_copied {
	__u32 size; /* of the payload */
	__u16 error;
	__u8 kind; /* enum gs_arg_kind */
};

static __always_inline __u64 draft_end(const struct gs_hook_draft *draft)
{
	return at_most(*(const volatile __u32 *)&draft->at, hook_config.data_max);
}

/* Where the payload of the next argument goes. */
static __always_inline void *payload(struct gs_hook_draft *draft)
{
	return &draft->data[draft_end(draft) + sizeof(struct gs_arg)];
}

/*
 * The argument whose payload is there is whole: the next one goes behind it, padded with zeros. One
 * that ends with a word has zeros where the next one begins, which does no harm.
 */
static __always_inline void put_argument(struct gs_hook_draft *draft, __u8 position,
					 const struct gs_copied *copied)
{
	__u64 at = draft_end(draft), size = at_most(copied->size, hook_config.payload_max);
	struct gs_arg *arg = (struct gs_arg *)&draft->data[at];
	__u64 *last = (__u64 *)(arg + 1) + size / 8;

	*last &= (1ull << size % 8 * 8) - 1;
	arg->kind = copied->kind;
	arg->position = position;
	arg->error = copied->error;
	arg->size = size;
	draft->at = at + sizeof(*arg) + ((size + 7) & ~7ull);
	draft->args++;
}

#endif
