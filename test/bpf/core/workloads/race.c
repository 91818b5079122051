/*
 * race COUNT SECONDS: so many processes, each of which ends by two threads that exit at the same
 * moment, on two CPUs if there are. Stops early when the time is up. Prints how many it made.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static atomic_int ready;

static void meet_and_exit(int cpu)
{
	cpu_set_t own;

	CPU_ZERO(&own);
	CPU_SET(cpu, &own);
	sched_setaffinity(0, sizeof(own), &own);
	atomic_fetch_add(&ready, 1);
	while (atomic_load(&ready) < 2)
		;
	syscall(SYS_exit, 5);
}

static void *second(void *unused)
{
	meet_and_exit(1);
	return unused;
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + atoi(argv[2]);
	int made = 0;

	while (made < atoi(argv[1]) && time(NULL) < end) {
		pid_t child = fork();
		if (child == 0) {
			pthread_t thread;
			pthread_create(&thread, NULL, second, NULL);
			meet_and_exit(0);
		}
		waitpid(child, NULL, 0);
		made++;
	}
	printf("%d\n", made);
	return 0;
}
