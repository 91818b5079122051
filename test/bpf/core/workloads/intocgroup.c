/* intocgroup DIR PROGRAM: a child that is born in another cgroup (CLONE_INTO_CGROUP) execs PROGRAM.
 * Prints its pid. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = open(argv[1], O_PATH | O_DIRECTORY),
	};
	long child = syscall(SYS_clone3, &args, sizeof(args));

	if (child < 0)
		return 1;
	if (child == 0) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	waitpid(child, NULL, 0);
	printf("%ld\n", child);
	return 0;
}
