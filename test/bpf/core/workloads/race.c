/* race COUNT: so many processes, each of which ends by two threads that exit at the same moment. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int ready;

static void meet_and_exit(void)
{
	atomic_fetch_add(&ready, 1);
	while (atomic_load(&ready) < 2)
		;
	syscall(SYS_exit, 5);
}

static void *second(void *unused)
{
	meet_and_exit();
	return unused;
}

int main(int argc, char **argv)
{
	for (int i = atoi(argv[1]); i > 0; i--) {
		pid_t child = fork();
		if (child == 0) {
			pthread_t thread;
			pthread_create(&thread, NULL, second, NULL);
			meet_and_exit();
		}
		waitpid(child, NULL, 0);
	}
	return 0;
}
