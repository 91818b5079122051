/*
 * bigargs BYTES PROGRAM: becomes PROGRAM with arguments of about so many bytes in all. Argument i
 * is i, a colon, and the letter i % 26 up to 100,000 bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PART = 100000 };

int main(int argc, char **argv)
{
	const struct rlimit stack = {.rlim_cur = 64 << 20, .rlim_max = RLIM_INFINITY};
	int parts = atoi(argv[1]) / (PART + 1);
	char **args = calloc(parts + 2, sizeof(*args));

	if (setrlimit(RLIMIT_STACK, &stack))
		return 1;
	args[0] = argv[2];
	for (int i = 0; i < parts; i++) {
		args[i + 1] = malloc(PART + 1);
		int start = sprintf(args[i + 1], "%d:", i);
		memset(args[i + 1] + start, 'a' + i % 26, PART - start);
		args[i + 1][PART] = 0;
	}
	execve(argv[2], args, (char *[]){NULL});
	return 127;
}
