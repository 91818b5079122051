/*
 * mix SECONDS RATE NOP: starts so many processes a second, at most 200 at a time, of many kinds; 0:
 * as many as it can. Each tenth of a second, and when all have ended, it prints how many processes
 * it has started, how many execs they were told to do, and how many processes have not been waited
 * for.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE 200

static const char *self, *nop;
static long processes, execs, running;

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec + at.tv_nsec / 1e9;
}

static void become(const char *file, const char *first, const char *second)
{
	execl(file, file, first, second, (char *)NULL);
	_exit(127);
}

static void *outlive(void *unused)
{
	usleep(1000);
	syscall(SYS_exit_group, 7);
	return unused;
}

/* What a child does that is not done in one exec. */
static void act(long number)
{
	pthread_t thread;

	switch (number % 16) {
	case 8:
	case 9:
		become(nop, "forked", NULL);
	case 10:
		_exit(number & 0xff);
	case 11: /* of those some live long */
		if (number % 4096 == 11)
			sleep(20);
		_exit(0);
	case 12: /* an orphan */
		if (fork() == 0)
			become(nop, "orphan", NULL);
		_exit(0);
	case 13:
		become(self, "again", nop);
	case 14: /* the leader ends before its thread */
		if (pthread_create(&thread, NULL, outlive, NULL))
			_exit(1);
		syscall(SYS_exit, 0);
	case 15:
		raise(SIGKILL);
	}
}

static int start(long number)
{
	int kind = number % 16;
	pid_t child = kind < 8 ? vfork() : fork();

	if (child == 0) {
		if (kind < 8)
			become(nop, "spawned", "with two arguments");
		act(number);
		_exit(1);
	}
	if (child < 0)
		return 0;
	running += kind == 12 ? 2 : 1;
	processes += kind == 12 ? 2 : 1;
	execs += kind < 10 || kind == 12 ? 1 : kind == 13 ? 2 : 0;
	return 1;
}

static void tell(void)
{
	printf("%ld %ld %ld\n", processes, execs, running);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	double begin = now(), told = begin, seconds, rate;

	if (argc == 3 && !strcmp(argv[1], "again"))
		become(argv[2], "twice", NULL);
	if (argc != 4)
		return 2;
	self = argv[0];
	seconds = atof(argv[1]);
	rate = atof(argv[2]);
	nop = argv[3];
	/* Orphans are waited for too. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (long number = 0;;) {
		double at = now() - begin;
		long due = rate > 0 ? (long)(rate * at) : processes + AT_ONCE;

		if (at > seconds)
			break;
		while (processes < due && running < AT_ONCE)
			number += start(number);
		while (running > 0 && waitpid(-1, NULL, running < AT_ONCE ? WNOHANG : 0) > 0)
			running--;
		if (now() - told > 0.1) {
			told = now();
			tell();
		}
		if (processes >= due)
			usleep(500);
	}
	while (waitpid(-1, NULL, 0) > 0)
		running--;
	tell();
	return 0;
}
