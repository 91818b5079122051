/* threadexec PROGRAM: a thread that is not the leader execs. Prints its thread id first. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *become(void *argv)
{
	printf("%ld\n", syscall(SYS_gettid));
	fflush(stdout);
	execv(((char **)argv)[1], (char **)argv + 1);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	pthread_create(&thread, NULL, become, argv);
	pause();
	return 1;
}
