/* Drops /usr/bin/sleep, marks shells, and reports /tmp; counts its calls. No kit, no C library. */
#include "noise.h"

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

EXPORT(guidestar_batch) int guidestar_batch(void)
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
	return give_output();
}
