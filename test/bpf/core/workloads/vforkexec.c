/* vforkexec PROGRAM: vfork, exec, wait. Prints the child's pid. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	pid_t child = vfork();

	if (child == 0) {
		execv(argv[1], argv + 1);
		_exit(127);
	}
	waitpid(child, NULL, 0);
	printf("%d\n", child);
	return 0;
}
