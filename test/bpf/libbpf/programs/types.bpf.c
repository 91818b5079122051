/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <stddef.h>
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Types of every sort. The offsets of the compiler itself stand beside them as constants. */
enum color {
	RED = 1,
	GREEN = 2,
	BLUE = -3,
};

struct point {
	__s32 x;
	__s32 y;
};

typedef struct {
	__u8 r, g, b;
} pixel_t;

struct everything {
	__u8 u8;
	__s16 s16;
	__u32 u32;
	__s64 s64;
	__u64 u64;
	bool flag;
	enum color color;
	char text[12];
	__u8 raw[6];
	__u16 numbers[3];
	struct point points[2];
	pixel_t pixel;
	struct {
		__u32 inner;
		union {
			__u32 as_word;
			__u8 as_bytes[4];
		};
	};
	struct {
		struct point corner;
		__u8 deep;
	} nested;
	__u32 low : 3;
	__u32 middle : 13;
	__s32 negative : 5;
	__u64 wide : 40;
	struct everything *self;
	const volatile void *const opaque;
	int (*callback)(struct point *where, const char *why);
} __attribute__((aligned(8)));

#define OFFSET(name, member)                                                                       \
	const volatile __u32 offset_of_##name = offsetof(struct everything, member)

OFFSET(s16, s16);
OFFSET(s64, s64);
OFFSET(color, color);
OFFSET(text, text);
OFFSET(numbers, numbers);
OFFSET(points, points);
OFFSET(pixel_b, pixel.b);
OFFSET(inner, inner);
OFFSET(as_word, as_word);
OFFSET(as_bytes, as_bytes);
OFFSET(nested, nested);
OFFSET(nested_corner_y, nested.corner.y);
OFFSET(nested_deep, nested.deep);
OFFSET(self, self);
OFFSET(callback, callback);
const volatile __u32 size_of_everything = sizeof(struct everything);

/* Variables to be set. */
const volatile struct everything config;
const volatile __u8 limits[4] = {1, 2, 3, 4};
volatile enum color paint = RED;
volatile struct point origin = {.x = 10, .y = -20};
volatile __s64 counter;
const volatile __u32 custom SEC(".rodata.custom") = 77;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct everything);
} values SEC(".maps");

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Fills the value, so that what user space reads was written by the compiler's own idea of it. */
SEC("raw_tp")
int fill(void *ctx)
{
	__u32 zero = 0;
	struct everything *value = bpf_map_lookup_elem(&values, &zero);

	if (!value)
		return 1;
	value->u8 = 200;
	value->s16 = -300;
	value->u32 = 4000000000u;
	value->s64 = -5000000000ll;
	value->u64 = 0xfffffffffffffff0ull;
	value->flag = true;
	value->color = BLUE;
	__builtin_memcpy(value->text, "hello", 6);
	value->raw[5] = 9;
	value->numbers[2] = 65535;
	value->points[1].y = -7;
	value->pixel.b = 3;
	value->inner = 11;
	value->as_word = 0x04030201;
	value->nested.corner.y = 12;
	value->nested.deep = 13;
	value->low = 5;
	value->middle = 8000;
	value->negative = -9;
	value->wide = 0xabcdef0123ull;
	return 0;
}

/* Returns how many members of the value are not what user space is to have written. */
SEC("raw_tp")
int check(void *ctx)
{
	__u32 zero = 0;
	struct everything *value = bpf_map_lookup_elem(&values, &zero);
	int wrong = 0;

	if (!value)
		return 100;
	wrong += value->u8 != 201;
	wrong += value->s16 != -301;
	wrong += value->u32 != 4000000001u;
	wrong += value->s64 != -5000000001ll;
	wrong += value->u64 != 0xfffffffffffffff1ull;
	wrong += value->flag != false;
	wrong += value->color != GREEN;
	wrong += value->text[0] != 'h' || value->text[3] != 0;
	wrong += value->raw[5] != 10;
	wrong += value->numbers[2] != 65534;
	wrong += value->points[1].y != -8;
	wrong += value->pixel.b != 4;
	wrong += value->inner != 12;
	wrong += value->as_bytes[3] != 5;
	wrong += value->nested.corner.y != 13;
	wrong += value->nested.deep != 14;
	wrong += value->low != 6;
	wrong += value->middle != 8001;
	wrong += value->negative != -10;
	wrong += value->wide != 0xabcdef0124ull;
	return wrong;
}

/* Returns what the variables are, in one number. */
SEC("raw_tp")
int sum(void *ctx)
{
	counter += 1;
	return config.nested.deep * 1000000 + limits[2] * 10000 + config.points[1].x * 100 +
	       origin.y + paint + (custom == 78 ? 5 : 0);
}

__noinline int some_function(struct point *where, const char *why, __u64 number)
{
	return where && why ? number : 0;
}

SEC("raw_tp")
int calls(void *ctx)
{
	struct point here = {1, 2};
	char why = 'x';

	return some_function(&here, &why, bpf_get_prandom_u32());
}
