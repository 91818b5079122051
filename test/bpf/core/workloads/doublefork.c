/* A child forks a grandchild and ends; the grandchild, by then a child of somebody else, ends
 * with 7. */
#include <sys/types.h>
#include <sys/wait.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	int ended[2], told[2];
	pid_t child, grandchild;
	char byte;

	if (pipe(ended) || pipe(told))
		return 1;
	child = fork();
	if (child == 0) {
		grandchild = fork();
		if (grandchild == 0) {
			close(ended[1]);
			read(ended[0], &byte,
			     1); /* ends with the process that holds the other side */
			_exit(7);
		}
		write(told[1], &grandchild, sizeof(grandchild));
		_exit(3);
	}
	read(told[0], &grandchild, sizeof(grandchild));
	waitpid(child, NULL, 0);
	close(ended[1]);
	printf("%d %d\n", child, grandchild);
	return 0;
}
