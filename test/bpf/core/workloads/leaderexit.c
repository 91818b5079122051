/* The leader ends with 3; its thread lives on for 300 ms and ends the process with 9. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *live_on(void *unused)
{
	usleep(300000);
	syscall(SYS_exit_group, 9);
	return unused;
}

int main(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, live_on, NULL);
	syscall(SYS_exit, 3);
	return 1;
}
