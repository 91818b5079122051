/* until: says that it is there, and ends when its standard input does. */
#include <unistd.h>

int main(void)
{
	char byte;

	write(1, ".", 1);
	while (read(0, &byte, 1) > 0)
		;
	return 0;
}
