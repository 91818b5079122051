/*
 * calls NAME ARGS...: makes one system call with these arguments. Each is a number, or else a
 * string, of which the address is passed. Says what the call returned.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	long number;
} calls[] = {
	{"lseek", SYS_lseek},
	{"mkdirat", SYS_mkdirat},
	{"write", SYS_write},
};

static long value_of(char *text)
{
	char *end;
	long value = strtol(text, &end, 0);

	return *text && !*end ? value : (long)text;
}

int main(int argc, char **argv)
{
	long args[6] = {0}, result;

	for (int i = 2; i < argc && i < 8; i++)
		args[i - 2] = value_of(argv[i]);
	for (size_t i = 0; argc > 1 && i < sizeof(calls) / sizeof(*calls); i++) {
		if (strcmp(argv[1], calls[i].name))
			continue;
		result = syscall(calls[i].number, args[0], args[1], args[2], args[3], args[4],
				 args[5]);
		printf("%ld\n", result < 0 ? -(long)errno : result);
		return 0;
	}
	return 2;
}
