/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Puts records into a ring when it is run by BPF_PROG_TEST_RUN; never attached. */
#define MAX_RECORD 4096

struct record {
	__u64 number;
	__u32 size;
	__u8 filler[MAX_RECORD - 12];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct record);
} scratch SEC(".maps");

__u64 sent = 0;
__u64 lost = 0;
__u64 discarded = 0;

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct produce_args {
	__u64 count;
	__u64 bytes;   /* of each record, 16 to MAX_RECORD */
	__u64 spread;  /* record n has n % spread bytes more */
	__u64 discard; /* every n-th slot is reserved and discarded; 0: none */
};

static long put(__u32 index, struct produce_args *args)
{
	__u32 zero = 0;
	struct record *record = bpf_map_lookup_elem(&scratch, &zero);
	__u64 size = args->bytes;

	if (!record)
		return 1;
	if (args->discard && index % args->discard == 0) {
		void *slot = bpf_ringbuf_reserve(&events, 40, 0);

		if (slot) {
			bpf_ringbuf_discard(slot, 0);
			discarded++;
		}
	}
	if (args->spread)
		size += sent % args->spread;
	if (size < 16 || size > MAX_RECORD)
		return 1;
	record->number = sent;
	record->size = size;
	if (bpf_ringbuf_output(&events, record, size, 0))
		lost++;
	else
		sent++;
	return 0;
}

SEC("raw_tp")
int produce(struct bpf_raw_tracepoint_args *ctx)
{
	struct produce_args args = {
		.count = ctx->args[0],
		.bytes = ctx->args[1],
		.spread = ctx->args[2],
		.discard = ctx->args[3],
	};

	return bpf_loop(args.count, put, &args, 0) != (long)args.count;
}

static long spin(__u32 index, void *unused)
{
	return 0;
}

/* Reserves a record, takes its time (args[0] times a few ms) before it submits it. */
SEC("raw_tp")
int dawdle(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 rounds = ctx->args[0];
	struct {
		__u64 number;
		__u64 size;
	} *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	int i;

	if (!record)
		return 1;
	record->number = sent;
	record->size = sizeof(*record);
	sent++;
	for (i = 0; i < 16; i++)
		if (i < rounds)
			bpf_loop(1 << 20, spin, NULL, 0);
	bpf_ringbuf_submit(record, 0);
	return 0;
}
