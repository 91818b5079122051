/* mkdirs COUNT: that many times mkdirat() of a descriptor that is not open, which fails at once. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 0) : 0;

	for (long i = 0; i < count; i++)
		mkdirat(-1, "a/folder/that/never/is/made", 0755);
	return 0;
}
