/* Looks names up as programs do that use musl, and prints the first address of each. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct addrinfo hints, *found;
		char text[INET6_ADDRSTRLEN] = "";

		memset(&hints, 0, sizeof(hints));
		hints.ai_family = AF_INET;
		hints.ai_socktype = SOCK_STREAM;
		if (getaddrinfo(argv[i], "80", &hints, &found)) {
			printf("%s -\n", argv[i]);
			continue;
		}
		inet_ntop(AF_INET, &((struct sockaddr_in *)found->ai_addr)->sin_addr, text,
			  sizeof(text));
		printf("%s %s\n", argv[i], text);
		freeaddrinfo(found);
	}
	return 0;
}
