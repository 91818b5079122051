/* gate PROGRAM ARGS...: waits until its standard input says something or ends, then becomes
 * PROGRAM. */
#include <unistd.h>

int main(int argc, char **argv)
{
	char byte;

	if (argc < 2 || read(0, &byte, 1) < 0)
		return 126;
	execv(argv[1], argv + 1);
	return 127;
}
