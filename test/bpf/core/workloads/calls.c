/*
 * calls [-v] NAME ARGS... [, NAME ARGS...]...: makes system calls, one after the other. -v: says
 * what each returned. An argument is a number; or @N: room of N bytes, filled with "abc...", -N:
 * without a filling, for what the call writes; or %N: what the N-th call returned, from 0; or
 * ^TEXT+TEXT...: a vector of these pieces; or #HEX: bytes; or "unmapped"; or else text, of which
 * the address is passed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const struct {
	const char *name;
	long number;
} calls[] = {
	{"accept4", SYS_accept4},
	{"bind", SYS_bind},
	{"capset", SYS_capset},
	{"close", SYS_close},
	{"connect", SYS_connect},
	{"delete_module", SYS_delete_module},
	{"dup", SYS_dup},
	{"fchdir", SYS_fchdir},
	{"finit_module", SYS_finit_module},
	{"getpid", SYS_getpid},
	{"ioctl", SYS_ioctl},
	{"linkat", SYS_linkat},
	{"listen", SYS_listen},
	{"lseek", SYS_lseek},
	{"memfd_create", SYS_memfd_create},
	{"mkdirat", SYS_mkdirat},
	{"openat", SYS_openat},
	{"perf_event_open", SYS_perf_event_open},
	{"pipe2", SYS_pipe2},
	{"prctl", SYS_prctl},
	{"ptrace", SYS_ptrace},
	{"read", SYS_read},
	{"sendto", SYS_sendto},
	{"setresuid", SYS_setresuid},
	{"setsockopt", SYS_setsockopt},
	{"setuid", SYS_setuid},
	{"socket", SYS_socket},
	{"truncate", SYS_truncate},
	{"unshare", SYS_unshare},
	{"write", SYS_write},
	{"writev", SYS_writev},
};

static long results[8192];

static long room(const char *text)
{
	long size = strtol(text + 1, NULL, 0);
	char *bytes = calloc(1, labs(size) + 1);

	for (long i = 0; i < size; i++)
		bytes[i] = 'a' + i % 26;
	return (long)bytes;
}

static long bytes_of(const char *hex)
{
	unsigned char *bytes = calloc(1, strlen(hex) / 2 + 1);

	for (int i = 0; sscanf(hex + 2 * i, "%2hhx", bytes + i) == 1; i++)
		;
	return (long)bytes;
}

static long vector(char *text)
{
	struct iovec *pieces = calloc(64, sizeof(*pieces));
	char *piece;

	for (int i = 0; i < 64 && (piece = strsep(&text, "+")); i++) {
		pieces[i].iov_base = piece;
		pieces[i].iov_len = strlen(piece);
	}
	return (long)pieces;
}

static long value_of(char *text)
{
	char *end;
	long value = strtol(text, &end, 0);

	if (*text && !*end)
		return value;
	if (*text == '@')
		return room(text);
	if (*text == '%')
		return results[atoi(text + 1)];
	if (*text == '#')
		return bytes_of(text + 1);
	if (*text == '^')
		return vector(text + 1);
	if (!strcmp(text, "unmapped"))
		return (long)mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return (long)text;
}

__attribute__((noinline)) long make_call(char **words, int count)
{
	long args[6] = {0}, result;

	for (int i = 1; i < count && i < 7; i++)
		args[i - 1] = value_of(words[i]);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		if (strcmp(words[0], calls[i].name))
			continue;
		result = syscall(calls[i].number, args[0], args[1], args[2], args[3], args[4],
				 args[5]);
		return result < 0 ? -(long)errno : result;
	}
	fprintf(stderr, "calls: there is no %s\n", words[0]);
	exit(2);
}

int main(int argc, char **argv)
{
	bool verbose = argc > 1 && !strcmp(argv[1], "-v");
	int start = 1 + verbose, made = 0;

	for (int i = start; i <= argc && made < 8192; i++) {
		if (i < argc && strcmp(argv[i], ","))
			continue;
		if (i > start)
			results[made++] = make_call(argv + start, i - start);
		start = i + 1;
	}
	for (int i = 0; verbose && i < made; i++)
		printf("%ld\n", results[i]);
	return 0;
}
