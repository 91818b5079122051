/* Does nothing; exits with the number in $NOP_STATUS, 0 if there is none. */
#include <stdlib.h>

int main(void)
{
	const char *status = getenv("NOP_STATUS");

	return status ? atoi(status) : 0;
}
