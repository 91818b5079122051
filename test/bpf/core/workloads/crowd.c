/* crowd COUNT: so many children, all alive at the same time. Prints their pids, one a line. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int gate[2];
	char byte;

	if (pipe(gate))
		return 1;
	for (int i = atoi(argv[1]); i > 0; i--) {
		pid_t child = fork();
		if (child == 0) {
			close(gate[1]);
			_exit(read(gate[0], &byte, 1));
		}
		printf("%d\n", child);
	}
	fflush(stdout);
	close(gate[1]);
	while (wait(NULL) > 0)
		;
	return 0;
}
