/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Records into the ring, and the count of what went in and what did not. */
#ifndef GS_RING_H
#define GS_RING_H

#include "common/config.h"
#include "common/maps.h"

static __always_inline struct gs_counters *own_counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

static __always_inline void count_table_full(void)
{
	struct gs_counters *count = own_counters();

	if (count)
		__sync_fetch_and_add(&count->table_full, 1);
}

static __always_inline void count_read_failed(void)
{
	struct gs_counters *count = own_counters();

	if (count)
		__sync_fetch_and_add(&count->read_failed, 1);
}

/*
 * A wake-up is an interrupt, ten times as dear as the rest of a record. So while records come the
 * reader looks for more by itself every few milliseconds, and is woken only when it said that it
 * sleeps. Two CPUs that wake it at the same time do no harm.
 */
static __always_inline __u64 wakeup_flags(void)
{
	__u32 zero = 0;
	struct gs_reader *own = bpf_map_lookup_elem(&reader, &zero);

	if (!own || !*(volatile __u32 *)&own->sleeps)
		return BPF_RB_NO_WAKEUP;
	*(volatile __u32 *)&own->sleeps = 0;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline void fill_header(struct gs_header *header, enum gs_record_type type,
					__u32 size, __u64 now, struct gs_key key, __u32 tid)
{
	header->size = size;
	header->type = type;
	header->cpu = bpf_get_smp_processor_id();
	header->time_ns = now;
	header->key_ns = key.key_ns;
	header->pid = key.pid;
	header->tid = tid;
}

/* A record of a hook or of DNS leaves room behind it: see hook_ring_bytes. What others send
 * meanwhile, at most one record a CPU, is in the room that is kept. */
static __always_inline bool is_kept_for_processes(enum gs_record_type type, __u64 size)
{
	return (type == GS_RECORD_HOOK || type == GS_RECORD_DNS || type == GS_RECORD_TEST) &&
	       hook_ring_bytes &&
	       bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) + size > hook_ring_bytes;
}

/* Copies a record into the ring; false, and counted, if there is no room. */
static __always_inline bool send(void *record, __u64 size, enum gs_record_type type)
{
	struct gs_counters *own = own_counters();

	if (!own)
		return false;
	if (is_kept_for_processes(type, size)) {
		__sync_fetch_and_add(&own->lost[type], 1);
		return false;
	}
	if (bpf_ringbuf_output(&ring, record, size, wakeup_flags())) {
		__sync_fetch_and_add(&own->lost[type], 1);
		return false;
	}
	__sync_fetch_and_add(&own->sent[type], 1);
	return true;
}

#endif
