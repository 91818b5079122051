/* The same in protobuf, with state: drops /usr/bin/sleep, marks shells, counts its calls. */
#include "noise.h"

static u8 calls;

static void put(u8 byte)
{
	if (used < sizeof(output))
		output[used++] = byte;
}

static u64 varint(const u8 **at)
{
	u64 value = 0;
	for (int shift = 0;; shift += 7) {
		u8 byte = *(*at)++;
		value |= (u64)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
}

static void put_varint(unsigned value)
{
	for (; value >= 0x80; value >>= 7)
		put((u8)(value | 0x80));
	put((u8)value);
}

static u8 size_of_varint(unsigned value)
{
	return value < 0x80 ? 1 : value < 0x4000 ? 2 : 3;
}

static void put_text(u8 tag, const char *text)
{
	unsigned length = 0;
	while (text[length])
		length++;
	put(tag);
	put((u8)length);
	for (unsigned n = 0; n < length; n++)
		put((u8)text[n]);
}

EXPORT(guidestar_batch_protobuf) int guidestar_batch_protobuf(void)
{
	const u8 *at = input;
	const u8 *end = input + read_input();
	unsigned number = 0;
	used = 0;
	calls++;
	while (at < end) {
		u8 tag = *at++;
		u64 length = varint(&at);
		if (tag != 0x0a) /* tick, last */
			continue;
		if (contains(at, at + length, "/usr/bin/sleep")) {
			put(0x08); /* drop */
			put_varint(number);
		} else if (contains(at, at + length, "/bin/sh")) {
			put(0x12); /* annotations: event, key, value */
			put(1 + size_of_varint(number) + 7 + 3);
			put(0x08);
			put_varint(number);
			put_text(0x12, "shell");
			put(0x1a);
			put(1);
			put('0' + calls % 10);
		} else if (contains(at, at + length, "/tmp/")) {
			put(0x2a); /* findings: event, name, severity */
			put(1 + size_of_varint(number) + 11 + 2);
			put(0x08);
			put_varint(number);
			put_text(0x1a, "temporary");
			put(0x20);
			put(4);
		} else if (contains(at, at + length, "/broken")) {
			put(0x2a); /* longer than what follows */
			put(100);
		}
		number++;
		at += length;
	}
	return give_output();
}

EXPORT(guidestar_save) int guidestar_save(void)
{
	used = 0;
	put(calls);
	return give_output();
}

EXPORT(guidestar_load) int guidestar_load(void)
{
	if (read_input() != 1)
		return 1;
	calls = input[0];
	return 0;
}
