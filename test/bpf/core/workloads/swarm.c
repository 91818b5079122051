/*
 * swarm COUNT AT_ONCE PROGRAM: execs PROGRAM so many times as fast as it can, AT_ONCE at a time,
 * child i with the argument i and the status i % 256. Prints "PID i" for each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int count = atoi(argv[1]), at_once = atoi(argv[2]), running = 0;

	for (int i = 0; i < count; i++) {
		char number[16], status[32];
		snprintf(number, sizeof(number), "%d", i);
		snprintf(status, sizeof(status), "NOP_STATUS=%d", i % 256);
		if (running++ == at_once) {
			wait(NULL);
			running--;
		}
		pid_t child = vfork();
		if (child == 0) {
			execve(argv[3], (char *[]){argv[3], number, NULL},
			       (char *[]){status, NULL});
			_exit(127);
		}
		printf("%d %d\n", child, i);
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
