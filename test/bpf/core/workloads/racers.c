/*
 * racers COUNT: so many children of two threads each, all of which end at the same moment once
 * standard input says so. Prints their pids, one a line, when they are ready.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int gate[2];
static atomic_int ready;

static void *meet_and_exit(void *unused)
{
	char byte;

	read(gate[0], &byte, 1);
	atomic_fetch_add(&ready, 1);
	while (atomic_load(&ready) < 2)
		;
	syscall(SYS_exit, 5);
	return unused;
}

int main(int argc, char **argv)
{
	char byte;

	if (pipe(gate))
		return 1;
	for (int i = atoi(argv[1]); i > 0; i--) {
		pid_t child = fork();
		if (child == 0) {
			pthread_t thread;
			close(gate[1]);
			pthread_create(&thread, NULL, meet_and_exit, NULL);
			meet_and_exit(NULL);
		}
		printf("%d\n", child);
	}
	fflush(stdout);
	read(0, &byte, 1);
	close(gate[1]);
	while (wait(NULL) > 0)
		;
	return 0;
}
