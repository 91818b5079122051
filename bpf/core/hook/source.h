/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Where the arguments of a call are found: registers, the fields of a tracepoint, and what they
 * lead to. */
#ifndef GS_HOOK_SOURCE_H
#define GS_HOOK_SOURCE_H

#include "hook/call.h"
#include "common/syscall.h"

/* A __data_loc word: 16 bits of size, 16 of offset from the start of the tracepoint's record. */
static __always_inline __u64 data_loc_address(const struct gs_call *call, __u32 offset)
{
	__u32 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), call->ctx + offset);
	return (__u64)call->ctx + (word & 0xffff);
}

static __always_inline __u64 data_loc_size(const struct gs_call *call, __u32 offset)
{
	__u32 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), call->ctx + offset);
	return word >> 16;
}

/* Only as many bytes as it has; the rest is zero. */
static __always_inline __u64 read_source(const struct gs_call *call,
					 const volatile struct gs_hook_source *source)
{
	__u32 offset = source->offset, kind = source->kind, size = source->size;
	__u64 value = 0;

	if (kind == GS_SOURCE_RETURN)
		return call->returned;
	if (kind == GS_SOURCE_TASK)
		return (__u64)call->task;
	if (kind == GS_SOURCE_DATA_LOC)
		return data_loc_address(call, offset);
	if (kind == GS_SOURCE_DATA_LOC_SIZE)
		return data_loc_size(call, offset);
	if (kind == GS_SOURCE_ADDRESS)
		return (__u64)call->ctx + offset;
	if (kind == GS_SOURCE_CONSTANT)
		return offset;
	if (size > sizeof(value))
		return 0;
	if (kind == GS_SOURCE_CONTEXT)
		bpf_probe_read_kernel(&value, size, call->ctx + offset);
	if (kind == GS_SOURCE_REGISTERS)
		bpf_probe_read_kernel(&value, size, call->registers + offset);
	return value;
}

static __always_inline __u64 extended(__u64 value, __u8 bits, __u8 is_signed)
{
	__u32 shift = (64 - bits) & 63;

	return is_signed ? (__u64)((__s64)(value << shift) >> shift) : value << shift >> shift;
}

/* Follows the steps of `resolve`. What the last one leads to is read by who knows its type. */
static __always_inline __u16 resolve(const volatile struct gs_hook_argument *arg, __u64 *value)
{
	for (__u32 i = 0; i < GS_RESOLVE_STEPS; i++) {
		if (i >= arg->steps)
			break;
		if (!*value)
			return GS_ARG_NULL;
		*value += (__s64)arg->step[i].offset;
		if (!arg->step[i].dereference)
			continue;
		if (arg->is_user ? bpf_probe_read_user(value, sizeof(*value), (void *)*value)
				 : bpf_probe_read_kernel(value, sizeof(*value), (void *)*value))
			return GS_ARG_FAULT;
	}
	return GS_ARG_OK;
}

static __always_inline __u16 read_int_at(const volatile struct gs_hook_argument *arg, __u64 *value)
{
	__u64 at = *value;
	__u32 size = arg->bits / 8;

	*value = 0;
	if (!at)
		return GS_ARG_NULL;
	if (size > sizeof(*value))
		return GS_ARG_FAULT;
	if (arg->is_user ? bpf_probe_read_user(value, size, (void *)at)
			 : bpf_probe_read_kernel(value, size, (void *)at))
		return GS_ARG_FAULT;
	return GS_ARG_OK;
}

static __always_inline __u16 read_value(const struct gs_call *call,
					const volatile struct gs_hook_argument *arg, __u64 *value)
{
	__u16 error = GS_ARG_OK;

	*value = read_source(call, &arg->source);
	if (arg->steps)
		error = resolve(arg, value);
	if (arg->copy == GS_COPY_INT_AT && error == GS_ARG_OK)
		error = read_int_at(arg, value);
	if (arg->copy == GS_COPY_INT || arg->copy == GS_COPY_INT_AT)
		*value = extended(*value, arg->bits, arg->is_signed);
	return error;
}

/* All that is known at entry. */
static __noinline int read_raw(struct gs_call *call)
{
	for (__u32 i = 0; i < GS_HOOK_ARGS; i++) {
		if (i >= hook_config.args)
			break;
		call->error[i] = read_value(call, &hook_config.arg[i], &call->raw[i]);
	}
	return part_done();
}

#endif
