/*
 * sparks: for each byte on standard input a child that lives for 10 ms; nothing else meanwhile. All
 * of it on one CPU.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	cpu_set_t first;
	char byte;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	while (read(0, &byte, 1) > 0) {
		if (fork() == 0) {
			usleep(10000);
			_exit(0);
		}
		wait(NULL);
	}
	return 0;
}
