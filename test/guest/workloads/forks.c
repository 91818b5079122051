/* Forks COUNT children, one after another; each exits with the low byte of its number. Prints how
 * many it reaped. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;
	int reaped = 0;

	for (int i = 0; i < count; i++) {
		int status;
		pid_t child = fork();

		if (child < 0) {
			perror("fork");
			return 1;
		}
		if (child == 0)
			_exit(i & 0xff);
		if (waitpid(child, &status, 0) == child && WEXITSTATUS(status) == (i & 0xff))
			reaped++;
	}
	printf("%d\n", reaped);
	return 0;
}
