/* What plugins of Extism import, declared by hand: no kit, no C library. */
#ifndef NOISE_H
#define NOISE_H

typedef unsigned char u8;
typedef unsigned long long u64;

#define HOST(name) __attribute__((import_module("extism:host/env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

HOST(input_length) u64 input_length(void);
HOST(input_load_u8) int input_load_u8(u64 offset);
HOST(input_load_u64) u64 input_load_u64(u64 offset);
HOST(alloc) u64 block_of(u64 length);
HOST(store_u8) void store_u8(u64 offset, int value);
HOST(output_set) void output_set(u64 offset, u64 length);

static u8 input[4 * 1024 * 1024];
static u8 output[64 * 1024];
static unsigned used;

static u64 read_input(void)
{
	u64 length = input_length();
	u64 at = 0;
	if (length > sizeof(input))
		__builtin_trap();
	for (; at + 8 <= length; at += 8)
		*(u64 *)(input + at) = input_load_u64(at);
	for (; at < length; at++)
		input[at] = (u8)input_load_u8(at);
	return length;
}

static int give_output(void)
{
	u64 block = block_of(used);
	for (unsigned n = 0; n < used; n++)
		store_u8(block + n, output[n]);
	output_set(block, used);
	return 0;
}

static int contains(const u8 *from, const u8 *end, const char *text)
{
	for (; from < end; from++) {
		if (*from != (u8)*text)
			continue;
		const u8 *at = from;
		const char *expected = text;
		while (*expected && at < end && *at == (u8)*expected)
			at++, expected++;
		if (!*expected)
			return 1;
	}
	return 0;
}

#endif
