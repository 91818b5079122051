/*
 * burst CALLS PROCESSES PROGRAM [RATE]: a child makes so many calls of lseek, of a descriptor that
 * is not open, with 4444 as whence: as fast as it can, or RATE a second. Meanwhile so many
 * processes run PROGRAM, one after the other.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void call(long count, double rate)
{
	double start = now();

	for (long i = 0; i < count; i++) {
		lseek(-1, i, 4444);
		while (rate > 0 && (now() - start) * rate < i)
			;
	}
}

int main(int argc, char **argv)
{
	long calls = strtol(argv[1], NULL, 0), processes = strtol(argv[2], NULL, 0);

	if (argc < 4)
		return 2;
	if (fork() == 0) {
		call(calls, argc > 4 ? strtod(argv[4], NULL) : 0);
		_exit(0);
	}
	for (long i = 0; i < processes; i++) {
		pid_t child = vfork();

		if (child == 0) {
			execl(argv[3], argv[3], (char *)NULL);
			_exit(127);
		}
		waitpid(child, NULL, 0);
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
