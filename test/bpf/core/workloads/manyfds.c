/* manyfds FROM TO: names each number from FROM to below TO to mkdirat(2) as a directory. */
#include <stdlib.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	for (int fd = atoi(argv[1]); argc > 2 && fd < atoi(argv[2]); fd++)
		mkdirat(fd, "named", 0700);
	return 0;
}
