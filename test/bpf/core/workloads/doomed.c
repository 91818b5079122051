/*
 * doomed FILE N: N children, one after the other, each try to make FILE with mkdir(2), and exit
 * with 7 if that returns. Says how many were killed, how many returned with EPERM, and how many got
 * away with it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int tries = argc > 2 ? atoi(argv[2]) : 0;
	int killed = 0, refused = 0, others = 0;

	for (int i = 0; i < tries; i++) {
		int status = 0;
		pid_t child = fork();

		if (child == 0) {
			int result = mkdir(argv[1], 0700);

			_exit(result < 0 && errno == EPERM ? 8 : 7);
		}
		if (child < 0 || waitpid(child, &status, 0) != child)
			return 2;
		if (WIFSIGNALED(status))
			killed++;
		else if (WEXITSTATUS(status) == 8)
			refused++;
		else
			others++;
		rmdir(argv[1]);
	}
	printf("%d %d %d\n", killed, refused, others);
	return 0;
}
