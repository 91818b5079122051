/*
 * stage: runs one case after another. Standard input has, for each, NUL after every part: working
 * directory, number of arguments, arguments. When a case and all its descendants are gone, it makes
 * a process that does nothing but end, the mark behind the case's events, and prints the pids of
 * the case and of the mark.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char *read_part(void)
{
	char *part = NULL;
	size_t room = 0;

	return getdelim(&part, &room, 0, stdin) < 0 ? NULL : part;
}

static void become(const char *cwd, char **argv)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(nowhere, 0);
	dup2(nowhere, 1);
	if (chdir(cwd)) {
		perror(cwd);
		_exit(126);
	}
	execv(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

int main(void)
{
	char *cwd;

	/* What loses its parent comes here, so that its end can be waited for. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		return 1;
	while ((cwd = read_part())) {
		int count = atoi(read_part());
		char **argv = calloc(count + 1, sizeof(*argv));
		pid_t child, mark;

		for (int i = 0; i < count; i++)
			argv[i] = read_part();
		child = fork();
		if (child == 0)
			become(cwd, argv);
		while (wait(NULL) > 0)
			;
		mark = fork();
		if (mark == 0)
			_exit(0);
		while (wait(NULL) > 0)
			;
		printf("%d %d\n", child, mark);
		fflush(stdout);
	}
	return 0;
}
