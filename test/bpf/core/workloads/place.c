/*
 * place STEPS... -- PROGRAM ARGS...: goes to some place, then becomes PROGRAM there.
 *   cd DIR      chdir
 *   root DIR    chroot
 *   deep N DIR  N times: make the directory DIR, go into it
 *   gone DIR    make the directory DIR, go into it, remove it
 *   uid N       setresuid
 *   spaces      own uts, ipc, mount, net, cgroup and time namespaces
 *   signal N    end by signal N instead
 *   memfd       become a copy of PROGRAM in memory, by execveat
 *   at          become PROGRAM by execveat, relative to its own directory
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <libgen.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static void must(int failed, const char *what)
{
	if (!failed)
		return;
	perror(what);
	exit(126);
}

static void go_deep(int times, const char *name)
{
	while (times-- > 0) {
		must(mkdir(name, 0700), "mkdir");
		must(chdir(name), "chdir");
	}
}

static void go_where_nothing_is(const char *name)
{
	go_deep(1, name);
	char path[32];
	snprintf(path, sizeof(path), "../%s", name);
	must(rmdir(path), "rmdir");
}

static int copy_to_memory(const char *path)
{
	int from = open(path, O_RDONLY), to = memfd_create("copy", 0);
	struct stat status;

	must(from < 0 || to < 0 || fstat(from, &status), path);
	for (off_t left = status.st_size; left > 0;)
		left -= sendfile(to, from, NULL, left);
	return to;
}

int main(int argc, char **argv)
{
	char **step = argv + 1;
	int memory = 0, at = 0;

	for (; *step && strcmp(*step, "--"); step++) {
		if (!strcmp(*step, "cd")) {
			must(chdir(*++step), "chdir");
		} else if (!strcmp(*step, "root")) {
			must(chroot(*++step), "chroot");
		} else if (!strcmp(*step, "deep")) {
			go_deep(atoi(step[1]), step[2]);
			step += 2;
		} else if (!strcmp(*step, "gone")) {
			go_where_nothing_is(*++step);
		} else if (!strcmp(*step, "uid")) {
			int uid = atoi(*++step);
			must(setresuid(uid, uid, uid), "setresuid");
		} else if (!strcmp(*step, "spaces")) {
			must(unshare(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWNET |
				     CLONE_NEWCGROUP | CLONE_NEWTIME | CLONE_NEWPID),
			     "unshare");
		} else if (!strcmp(*step, "signal")) {
			kill(getpid(), atoi(*++step));
		} else if (!strcmp(*step, "memfd")) {
			memory = 1;
		} else if (!strcmp(*step, "at")) {
			at = 1;
		}
	}
	char **program = step + 1;
	if (memory)
		syscall(SYS_execveat, copy_to_memory(*program), "", program, environ,
			AT_EMPTY_PATH);
	else if (at)
		syscall(SYS_execveat, open(dirname(strdup(*program)), O_PATH),
			basename(strdup(*program)), program, environ, 0);
	else
		execv(*program, program);
	perror(*program);
	return 127;
}
