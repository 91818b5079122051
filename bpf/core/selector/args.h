/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What selectors ask of arguments and of what a call returned. */
#ifndef GS_SELECTOR_ARGS_H
#define GS_SELECTOR_ARGS_H

#include "selector/process.h"

#define GS_FILE_TYPE_MASK 0170000

/* An argument as it lies in the draft. */
static __always_inline const struct gs_arg *drafted(const struct gs_hook_draft *draft,
						    __u32 position)
{
	__u64 at = *(const volatile __u32 *)&draft->argument_at[at_most(position, GS_HOOK_ARGS)];

	return (const struct gs_arg *)&draft->data[at_most(at, hook_config.data_max)];
}

/* Strings, buffers and paths have eight bytes before their text. */
static __always_inline bool argument_text_passes(const struct gs_call *call,
						 const volatile struct gs_filter *filter,
						 const struct gs_arg *arg)
{
	struct gs_text_scratch *scratch = &call->scratch->text;
	const struct gs_bytes *bytes = (const struct gs_bytes *)(arg + 1);
	struct gs_text text = {.at = (const __u8 *)(bytes + 1), .tail = scratch->tail};
	bool is_path = arg->kind == GS_ARG_PATH;

	if (!is_path && arg->kind != GS_ARG_STRING && arg->kind != GS_ARG_BYTES)
		return false;
	if (arg->size < sizeof(*bytes))
		return false;
	text.size = arg->size - sizeof(*bytes);
	/* of one that was cut the end is not known */
	if (filter->test != GS_TEST_PREFIX && !is_path && bytes->original_size != text.size)
		return false;
	if (filter->test == GS_TEST_POSTFIX)
		fill_tail(scratch->tail, text.at + at_most(text.size, GS_HOOK_DATA_MAX), text.size);
	return text_passes(filter, scratch, &text);
}

static __always_inline bool sock_passes(const volatile struct gs_filter *filter,
					const struct gs_sock *sock)
{
	bool is_source = filter->part == GS_PART_SOURCE;

	if (filter->test == GS_TEST_ADDRESS)
		return address_passes(filter, sock->family,
				      is_source ? sock->source : sock->destination);
	if (filter->part == GS_PART_PROTOCOL)
		return number_passes(filter, sock->protocol);
	if (filter->part == GS_PART_FAMILY)
		return number_passes(filter, sock->family);
	if (filter->part == GS_PART_STATE)
		return number_passes(filter, sock->state);
	return number_passes(filter, is_source ? sock->source_port : sock->destination_port);
}

static __always_inline bool skb_passes(const volatile struct gs_filter *filter,
				       const struct gs_skb *skb)
{
	bool is_source = filter->part == GS_PART_SOURCE;

	if (filter->test == GS_TEST_ADDRESS)
		return address_passes(filter, skb->family,
				      is_source ? skb->source : skb->destination);
	if (filter->part == GS_PART_PROTOCOL)
		return number_passes(filter, skb->protocol);
	if (filter->part == GS_PART_FAMILY)
		return number_passes(filter, skb->family);
	return number_passes(filter, is_source ? skb->source_port : skb->destination_port);
}

/* It has one address and one port, whichever side is asked for. */
static __always_inline bool sockaddr_passes(const volatile struct gs_filter *filter,
					    const struct gs_sockaddr *name)
{
	if (filter->test == GS_TEST_ADDRESS)
		return address_passes(filter, name->family, name->address);
	if (filter->part == GS_PART_FAMILY)
		return number_passes(filter, name->family);
	return number_passes(filter, name->port);
}

/* Capabilities that the thread does not have when it makes the call. */
static __always_inline bool gains(const struct gs_call *call, const struct gs_arg *arg)
{
	const struct cred *now = cred_of(call);

	if (arg->kind == GS_ARG_CRED) {
		const struct gs_cred *next = (const struct gs_cred *)(arg + 1);

		return (next->cap_effective & ~read_capabilities(now, GS_CAPABILITY_EFFECTIVE)) ||
		       (next->cap_permitted & ~read_capabilities(now, GS_CAPABILITY_PERMITTED)) ||
		       (next->cap_inheritable & ~read_capabilities(now, GS_CAPABILITY_INHERITABLE));
	}
	return false;
}

static __always_inline bool integer_passes(const struct gs_call *call,
					   const volatile struct gs_filter *filter, __u64 value)
{
	if (filter->test != GS_TEST_GAINED)
		return number_passes(filter, value);
	return value & ~read_capabilities(cred_of(call), filter->value[0]);
}

static __always_inline bool copied_passes(const struct gs_call *call,
					  const volatile struct gs_filter *filter,
					  const struct gs_arg *arg)
{
	const void *payload = arg + 1;

	if (filter->test >= GS_TEST_EQUAL && filter->test <= GS_TEST_POSTFIX)
		return argument_text_passes(call, filter, arg);
	if (filter->test == GS_TEST_GAINED && arg->kind != GS_ARG_INT)
		return gains(call, arg);
	if (filter->part == GS_PART_FILE_TYPE) {
		const struct gs_path *path = payload;

		return arg->kind == GS_ARG_PATH && path->mode &&
		       number_passes(filter, path->mode & GS_FILE_TYPE_MASK);
	}
	if (filter->part == GS_PART_WHOLE && filter->test != GS_TEST_ADDRESS) {
		__u64 value = *(const __u64 *)payload;

		if (arg->kind != GS_ARG_INT)
			return false;
		if (filter->test != GS_TEST_GAINED)
			return number_passes(filter, value);
		return value & ~read_capabilities(cred_of(call), filter->value[0]);
	}
	if (arg->kind == GS_ARG_SOCK)
		return sock_passes(filter, payload);
	if (arg->kind == GS_ARG_SKB)
		return skb_passes(filter, payload);
	if (arg->kind == GS_ARG_SOCKADDR)
		return sockaddr_passes(filter, payload);
	return false;
}

/* What could not be read passes no test: so it matches what is negated. */
static __always_inline bool copied_matches(const struct gs_call *call,
					   const volatile struct gs_filter *filter)
{
	const struct gs_arg *arg = drafted(&call->scratch->draft, filter->position);
	bool passes = arg->error == GS_ARG_OK && copied_passes(call, filter, arg);

	return blurred(call, passes) != filter->negated;
}

static __always_inline bool number_matches(const struct gs_call *call,
					   const volatile struct gs_filter *filter)
{
	__u64 value = 0;
	__u16 error = GS_ARG_NULL;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < GS_HOOK_ARGS; i++)
		if (filter->position == i) {
			value = call->raw[i];
			error = call->error[i];
		}
	if (filter->is_fd)
		value = (__s64)(__s32)value;
	return (error == GS_ARG_OK && integer_passes(call, filter, value)) != filter->negated;
}

/* Those of one selector that belong to a stage. */
static __noinline bool args_match(const struct gs_call *call,
				  const volatile struct gs_selector *selector, const __u32 stage)
{
#define ARGUMENT(filter)                                                                           \
	((filter)->stage != stage || (stage == GS_STAGE_NUMBERS ? number_matches(call, filter)     \
								: copied_matches(call, filter)))
	return all_match(call, selector->arg, selector->args, GS_ARGUMENT_FILTERS, ARGUMENT);
}

static __noinline bool returned_matches(const struct gs_call *call,
					const volatile struct gs_selector *selector)
{
#define RETURNED(filter) copied_matches(call, filter)
	return all_match(call, selector->returned, selector->returns, GS_ARGUMENT_FILTERS,
			 RETURNED);
}

#endif
