/*
 * act OPS...: does what it is told, word by word. A block ends with "]", a command with ";".
 *   fork [ OPS ]           a child does OPS and ends with 0, unless they say otherwise
 *   vfork [ OPS ]          the same by vfork: OPS are best one exec
 *   again [ OPS ]          a child that gets the pid of the one waited for last
 *   spawn PATH ARGS ;      posix_spawn
 *   wait                   for all children; "waitid" leaves them zombies
 *   orphaned               wait until the parent is gone
 *   thread [ OPS ]         a thread does OPS; "join" waits for it
 *   exec PATH ARGS ;       become PATH; argv[0] is PATH
 *   as PATH ARGV0 ARGS ;   the same with another argv[0]
 *   bare PATH              the same without any argument
 *   at FD NAME ARGS ;      execveat; with an empty NAME the file that FD is
 *   exit N, end N          end the process, end this thread
 *   signal N, core         kill itself; allow core dumps
 *   sleep MS
 *   cd DIR, root DIR, mkdir DIR, rmdir DIR, unlink FILE, rename A B, link A B, fchdir FD
 *   open FD PATH, memfd FD PATH     as that descriptor; memfd: a copy of the file in memory
 *   cloexec FD
 *   uid N, euid N, gid N, egid N, login N
 *   nopriv                 no_new_privs
 *   drop N                 capability N out of all sets
 *   unshare uts,pid,...    namespaces
 *   bind A B, tmpfs DIR    mounts
 *   hostname NAME, cgroup DIR
 *   write FILE TEXT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static char **act(char **op);
static pid_t waited_for, maker;
static __thread pthread_t thread;

static void must(int failed, const char *what)
{
	if (!failed)
		return;
	fprintf(stderr, "act: %s: %s\n", what, strerror(errno));
	_exit(126);
}

static char **behind(char **op, const char *end)
{
	int depth = 1;

	for (; *op; op++) {
		if (!strcmp(*op, "["))
			depth++;
		else if ((!strcmp(*op, "]") || !strcmp(*op, end)) && --depth == 0)
			return op + 1;
	}
	return op;
}

/* Cuts a command off at its ";" or the end, returns what is behind it. */
static char **cut(char **op)
{
	int depth = 0;

	for (; *op && (depth > 0 || strcmp(*op, ";")); op++)
		depth += !strcmp(*op, "[") ? 1 : !strcmp(*op, "]") ? -1 : 0;
	if (!*op)
		return op;
	*op = NULL;
	return op + 1;
}

static void child_acts(char **block)
{
	act(block);
	_exit(0);
}

static void *thread_acts(void *block)
{
	act(block);
	return NULL;
}

static void as_descriptor(int fd, const char *number)
{
	must(fd < 0, "open");
	if (fd == atoi(number))
		return;
	must(dup2(fd, atoi(number)) < 0, "dup2");
	close(fd);
}

static int copy_to_memory(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), to = memfd_create("copy", 0);
	struct stat status;

	must(from < 0 || to < 0 || fstat(from, &status), path);
	for (off_t left = status.st_size; left > 0;)
		left -= sendfile(to, from, NULL, left);
	close(from);
	return to;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	must(fd < 0 || write(fd, text, strlen(text)) < 0, path);
	close(fd);
}

static void drop_capability(int number)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	must(prctl(PR_CAPBSET_DROP, number), "PR_CAPBSET_DROP");
	must(syscall(SYS_capget, &header, data), "capget");
	data[number / 32].effective &= ~(1u << number % 32);
	data[number / 32].permitted &= ~(1u << number % 32);
	data[number / 32].inheritable &= ~(1u << number % 32);
	must(syscall(SYS_capset, &header, data), "capset");
}

static void leave(char *names)
{
	static const struct {
		const char *name;
		int flag;
	} spaces[] = {
		{"uts", CLONE_NEWUTS},	 {"ipc", CLONE_NEWIPC},	      {"mnt", CLONE_NEWNS},
		{"pid", CLONE_NEWPID},	 {"net", CLONE_NEWNET},	      {"time", CLONE_NEWTIME},
		{"user", CLONE_NEWUSER}, {"cgroup", CLONE_NEWCGROUP},
	};
	int flags = 0;

	for (char *name = strtok(names, ","); name; name = strtok(NULL, ","))
		for (unsigned i = 0; i < sizeof(spaces) / sizeof(*spaces); i++)
			if (!strcmp(name, spaces[i].name))
				flags |= spaces[i].flag;
	must(unshare(flags), "unshare");
	if (flags & CLONE_NEWNS)
		must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
}

static pid_t fork_again(void)
{
	uint64_t pid = waited_for;
	pid_t tid = waited_for;
	struct clone_args args = {
		.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&tid, .set_tid_size = 1};
	long child;

	must(pid == 0, "nobody was waited for");
	for (int tries = 0; tries < 500; tries++) {
		child = syscall(SYS_clone3, &args, sizeof(args));
		if (child >= 0 || errno != EEXIST)
			break;
		usleep(10000); /* it is not quite gone */
	}
	must(child < 0, "clone3");
	return child;
}

static char **act(char **op)
{
	while (*op && strcmp(*op, "]")) {
		const char *what = *op++;
#define IS(word) (!strcmp(what, word))
		if (IS("fork") || IS("again")) {
			char **block = op + 1;
			pid_t self = getpid(), child = IS("fork") ? fork() : fork_again();

			must(child < 0, what);
			if (child == 0) {
				maker = self;
				child_acts(block);
			}
			op = behind(block, "]");
		} else if (IS("vfork")) {
			char **block = op + 1, **next = behind(block, "]");
			pid_t child = vfork();

			must(child < 0, what);
			if (child == 0)
				child_acts(block);
			op = next;
		} else if (IS("spawn")) {
			char **argv = op;
			pid_t child;

			op = cut(op);
			must(posix_spawn(&child, *argv, NULL, NULL, argv, environ), *argv);
		} else if (IS("wait")) {
			for (pid_t ended; (ended = wait(NULL)) > 0;)
				waited_for = ended;
		} else if (IS("waitid")) {
			siginfo_t info;
			must(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), what);
		} else if (IS("orphaned")) {
			while (getppid() == maker)
				usleep(1000);
		} else if (IS("thread")) {
			char **block = op + 1, **next = behind(block, "]");

			must(pthread_create(&thread, NULL, thread_acts, block), what);
			op = next;
		} else if (IS("join")) {
			pthread_join(thread, NULL);
		} else if (IS("exec")) {
			char **argv = op;

			cut(op);
			execv(*argv, argv);
			must(1, *argv);
		} else if (IS("try")) {
			char **argv = op;

			op = cut(op);
			execv(*argv, argv);
		} else if (IS("as")) {
			cut(op);
			execv(*op, op + 1);
			must(1, *op);
		} else if (IS("bare")) {
			syscall(SYS_execve, *op, NULL, environ);
			must(1, *op);
		} else if (IS("at")) {
			int fd = atoi(op[0]);

			cut(op);
			syscall(SYS_execveat, fd, op[1], op + 1, environ,
				*op[1] ? 0 : AT_EMPTY_PATH);
			must(1, "execveat");
		} else if (IS("exit")) {
			syscall(SYS_exit_group, atoi(*op));
		} else if (IS("end")) {
			syscall(SYS_exit, atoi(*op));
		} else if (IS("signal")) {
			kill(getpid(), atoi(*op++));
			pause();
		} else if (IS("core")) {
			const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};
			must(setrlimit(RLIMIT_CORE, &any), what);
		} else if (IS("sleep")) {
			usleep(1000 * atoi(*op++));
		} else if (IS("cd")) {
			must(chdir(*op), *op);
			op++;
		} else if (IS("fchdir")) {
			must(fchdir(atoi(*op++)), what);
		} else if (IS("root")) {
			must(chroot(*op), *op);
			op++;
		} else if (IS("mkdir")) {
			must(mkdir(*op, 0755), *op);
			op++;
		} else if (IS("rmdir")) {
			must(rmdir(*op), *op);
			op++;
		} else if (IS("unlink")) {
			must(unlink(*op), *op);
			op++;
		} else if (IS("rename")) {
			must(rename(op[0], op[1]), *op);
			op += 2;
		} else if (IS("link")) {
			must(link(op[0], op[1]), *op);
			op += 2;
		} else if (IS("open")) {
			as_descriptor(open(op[1], O_RDONLY), op[0]);
			op += 2;
		} else if (IS("memfd")) {
			as_descriptor(copy_to_memory(op[1]), op[0]);
			op += 2;
		} else if (IS("cloexec")) {
			must(fcntl(atoi(*op++), F_SETFD, FD_CLOEXEC), what);
		} else if (IS("uid")) {
			int id = atoi(*op++);
			must(setresuid(id, id, id), what);
		} else if (IS("euid")) {
			must(setresuid(-1, atoi(*op++), -1), what);
		} else if (IS("gid")) {
			int id = atoi(*op++);
			must(setgroups(0, NULL) || setresgid(id, id, id), what);
		} else if (IS("egid")) {
			must(setresgid(-1, atoi(*op++), -1), what);
		} else if (IS("login")) {
			write_file("/proc/self/loginuid", *op++);
		} else if (IS("nopriv")) {
			must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), what);
		} else if (IS("drop")) {
			drop_capability(atoi(*op++));
		} else if (IS("unshare")) {
			leave(*op++);
		} else if (IS("bind")) {
			must(mount(op[0], op[1], NULL, MS_BIND, NULL), what);
			op += 2;
		} else if (IS("tmpfs")) {
			must(mount("tmpfs", *op, "tmpfs", 0, NULL), *op);
			op++;
		} else if (IS("cgroup")) {
			char path[4096];

			snprintf(path, sizeof(path), "%s/cgroup.procs", *op++);
			write_file(path, "0");
		} else if (IS("write")) {
			write_file(op[0], op[1]);
			op += 2;
		} else {
			must(1, what);
		}
	}
	return op;
}

int main(int argc, char **argv)
{
	act(argv + 1);
	return 0;
}
