/*
 * Three functions whose shares are known, 1 : 2 : 7.
 *
 *   weights calls ROUNDS   in each round, so many calls of lseek
 *   weights burn MS        so long on the CPU, in rounds of so many steps
 *   weights both MS        100 rounds of calls, then that
 *
 * A third argument has it wait at the end until its standard input does.
 *
 * Each has a frame pointer, by which the kernel walks the stack of a program; system calls are made
 * without the C library, whose functions have none.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FRAMED __attribute__((noinline))
#define with_frame() __asm__ volatile("" : : "r"(__builtin_frame_address(0)) : "memory")

static volatile uint64_t sink;
static int burning;

static inline __attribute__((always_inline)) void call(void)
{
#ifdef __x86_64__
	long result = SYS_lseek;

	__asm__ volatile("syscall"
			 : "+a"(result)
			 : "D"(-1L), "S"(0L), "d"(4444L)
			 : "rcx", "r11", "memory");
#else
	register long number __asm__("x8") = SYS_lseek;
	register long first __asm__("x0") = -1, second __asm__("x1") = 0;
	register long third __asm__("x2") = 4444;

	__asm__ volatile("svc 0" : "+r"(first) : "r"(number), "r"(second), "r"(third) : "memory");
#endif
}

/*
 * The same code for all, so that a step takes all of them the same time on average; not the same
 * each time, or rounds could keep step with the clock that samples them.
 */
FRAMED void one_step(void)
{
	static uint64_t random = 1;
	uint64_t length, value = 0;

	with_frame();
	random = random * 6364136223846793005u + 1442695040888963407u;
	length = 100000 + (random >> 33) % 400000;
	/* in registers: how long memory takes depends on what was there before */
	for (uint64_t i = 0; i < length; i++) {
		value = value * 3 + i;
		__asm__ volatile("" : "+r"(value));
	}
	sink = value;
	with_frame();
}

static inline __attribute__((always_inline)) void work(int parts)
{
	with_frame();
	for (int i = 0; i < parts; i++) {
		if (burning)
			one_step();
		else
			call();
	}
	with_frame(); /* what is called is not jumped to */
}

FRAMED void light_one(void)
{
	work(1);
}

FRAMED void medium_two(void)
{
	work(2);
}

FRAMED void heavy_seven(void)
{
	work(7);
}

FRAMED void one_round(void)
{
	with_frame();
	light_one();
	medium_two();
	heavy_seven();
	with_frame();
}

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	long amount;

	if (argc < 3)
		return 2;
	with_frame();
	amount = atol(argv[2]);
	if (!strcmp(argv[1], "both"))
		for (int i = 0; i < 100; i++)
			one_round();
	burning = strcmp(argv[1], "calls") != 0;
	if (burning)
		while (cpu_ms() < amount)
			one_round();
	else
		for (long i = 0; i < amount; i++)
			one_round();
	with_frame();
	while (argc > 3 && read(0, &amount, 1) > 0)
		;
	return 0;
}
