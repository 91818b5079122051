/*
 * asks PORT RATE SECONDS: asks 127.0.0.1 so many names a second, nN.plain.test with N from 0, and
 * prints how many it asked and how many answers it got.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Most questions without an answer: more than these and a socket's buffer is full somewhere. */
#define AHEAD 256
#define PATIENCE_NS 5000000000ll

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static int question(unsigned char *to, unsigned long number)
{
	static const unsigned char tail[] = "\5plain\4test\0\0\1\0\1";
	char label[32];
	int length = snprintf(label, sizeof(label), "n%lu", number);

	memset(to, 0, 12);
	to[0] = number >> 8;
	to[1] = number;
	to[2] = 1; /* recursion desired */
	to[5] = 1; /* a question */
	to[12] = length;
	memcpy(to + 13, label, length);
	memcpy(to + 13 + length, tail, sizeof(tail) - 1);
	return 13 + length + sizeof(tail) - 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in server = {.sin_family = AF_INET};
	long long rate, seconds, start, quiet;
	unsigned long asked = 0, answered = 0, total;
	unsigned char bytes[512];
	int sock, room = 1 << 20;

	if (argc != 4)
		return 2;
	server.sin_port = htons(atoi(argv[1]));
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	rate = atoll(argv[2]);
	seconds = atoll(argv[3]);
	total = rate * seconds;
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (connect(sock, (struct sockaddr *)&server, sizeof(server)))
		return 1;
	start = quiet = now_ns();
	while (answered < total) {
		long long now = now_ns();

		if (now - quiet > PATIENCE_NS)
			break;
		while (recv(sock, bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
			answered++;
			quiet = now;
		}
		if (asked < total && asked - answered < AHEAD &&
		    now - start >= (long long)asked * 1000000000ll / rate) {
			if (send(sock, bytes, question(bytes, asked), 0) < 0)
				return 1;
			asked++;
		} else {
			usleep(200);
		}
	}
	printf("%lu %lu %lld\n", asked, answered, (now_ns() - start) / 1000000);
	return 0;
}
