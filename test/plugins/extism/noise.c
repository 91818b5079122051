/* Drops /usr/bin/sleep, marks shells, and reports /tmp; counts its calls. No kit, no C library. */
typedef unsigned char u8;
typedef unsigned long long u64;

#define HOST(name) __attribute__((import_module("extism:host/env"), import_name(#name)))
HOST(input_length) u64 input_length(void);
HOST(input_load_u8) int input_load_u8(u64 offset);
HOST(input_load_u64) u64 input_load_u64(u64 offset);
HOST(alloc) u64 block_of(u64 length);
HOST(store_u8) void store_u8(u64 offset, int value);
HOST(output_set) void output_set(u64 offset, u64 length);

static u8 input[4 * 1024 * 1024];
static u8 output[64 * 1024];
static unsigned used;
static unsigned calls;

static void say(const char *text)
{
	while (*text && used < sizeof(output))
		output[used++] = *text++;
}

static void say_number(unsigned number)
{
	if (number > 9)
		say_number(number / 10);
	char digit[2] = {(char)('0' + number % 10), 0};
	say(digit);
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

/* Says `item` for each event whose line has `text`; `%` in it stands for the event's number. */
static void list(const char *name, const char *text, const char *before, const char *behind,
		 u64 length)
{
	int first = 1;
	unsigned number = 0;
	const u8 *line = input;
	say(name);
	for (const u8 *at = input; at < input + length; at++) {
		if (*at != '\n')
			continue;
		/* The first line is about the batch. */
		if (number > 0 && contains(line, at, text)) {
			if (!first)
				say(",");
			first = 0;
			say(before);
			say_number(number - 1);
			say(behind);
		}
		number++;
		line = at + 1;
	}
	say("]");
}

__attribute__((export_name("guidestar_batch"))) int guidestar_batch(void)
{
	u64 length = read_input();
	used = 0;
	calls++;
	list("{\"drop\":[", "\"binary\":\"/usr/bin/sleep\"", "", "", length);
	list(",\"annotations\":[", "\"binary\":\"/bin/sh\"",
	     "{\"event\":", ",\"key\":\"shell\",\"value\":true}", length);
	list(",\"findings\":[", "\"binary\":\"/tmp/",
	     "{\"event\":", ",\"name\":\"temporary\",\"severity\":\"high\",\"message\":\"c\"}",
	     length);
	say("}");
	u64 block = block_of(used);
	for (unsigned n = 0; n < used; n++)
		store_u8(block + n, output[n]);
	output_set(block, used);
	return 0;
}
