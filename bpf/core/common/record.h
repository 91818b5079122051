/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The records that the kernel programs put into the ring, and that the host reads.
 *
 * Every record starts with struct gs_header. Sizes are explicit, there are no
 * holes, and nothing here is repeated by hand on the other side: the host takes
 * offsets and enum values from this object's BTF, a recording carries them along.
 *
 * A process instance is named by (pid, key_ns): pid is the thread group id in the
 * initial pid namespace, key_ns is CLOCK_BOOTTIME at its last exec, or at its fork
 * if it has not exec'd since. For a process that was there before tracing began,
 * key_ns is its start time cut to 10 ms: what field 22 of /proc/PID/stat can tell,
 * so kernel and /proc scan name it alike without talking to each other. The kernel
 * itself, parent of what it starts, is (0, GS_KERNEL_KEY_NS); (0, 0) is unknown.
 */
#ifndef GS_RECORD_H
#define GS_RECORD_H

#define GS_KERNEL_KEY_NS 1

enum gs_record_type {
	GS_RECORD_FORK = 1,
	GS_RECORD_EXEC = 2,
	GS_RECORD_EXIT = 3,
	/* A piece of an argument area too long for its exec record. All pieces of
	 * an exec precede it on the same CPU, with nothing but pieces between. */
	GS_RECORD_ARGS = 4,
	/* Like an exec record, but nothing happened: a process outside the scope that one
	 * inside names as its parent. Made by the host's scan of /proc only. */
	GS_RECORD_PROCESS = 5,
	/* A call that a policy watches: hook/record.h. */
	GS_RECORD_HOOK = 6,
	/* What the records of a hook do not say. Made by the host only. */
	GS_RECORD_HOOK_DEFINITION = 7,
	/* A packet of DNS, or a piece of one: dns/record.h. */
	GS_RECORD_DNS = 8,
	/* A system call that the sensor "test" tells of. */
	GS_RECORD_TEST = 9,
	GS_RECORD_TYPES = 10,
};

/*
 * Process flags, in the order in which the API prints them. An exec has GS_FLAG_EXECVE,
 * and GS_FLAG_EXECVEAT besides if it was execveat(2). GS_FLAG_CLONE: a fork came before
 * it in this process, and no other exec.
 */
enum gs_process_flag {
	GS_FLAG_EXECVE = 1u << 0,
	GS_FLAG_EXECVEAT = 1u << 1,
	GS_FLAG_PROCFS = 1u << 2,
	GS_FLAG_TRUNC_FILENAME = 1u << 3,
	GS_FLAG_TRUNC_ARGS = 1u << 4,
	GS_FLAG_TASK_WALK = 1u << 5,
	GS_FLAG_MISS = 1u << 6,
	GS_FLAG_AUID = 1u << 7,
	GS_FLAG_ERROR_FILENAME = 1u << 8,
	GS_FLAG_ERROR_ARGS = 1u << 9,
	GS_FLAG_NO_CWD = 1u << 10,
	GS_FLAG_ROOT_CWD = 1u << 11,
	GS_FLAG_ERROR_CWD = 1u << 12,
	GS_FLAG_CLONE = 1u << 13,
	GS_FLAG_ERROR_CGROUP_NAME = 1u << 14,
	GS_FLAG_ERROR_CGROUP_KN = 1u << 15,
	GS_FLAG_ERROR_CGROUP_SUBSYS_CGRP = 1u << 16,
	GS_FLAG_ERROR_CGROUP_SUBSYS = 1u << 17,
	GS_FLAG_ERROR_CGROUPS = 1u << 18,
	GS_FLAG_ERROR_MOUNTS = 1u << 19,
	GS_FLAG_ERROR_PATH = 1u << 20,
};

enum gs_file_flag {
	GS_FILE_PARENTLESS = 1u << 0, /* in no directory, ever: memfd_create */
	GS_FILE_UNLINKED = 1u << 1,   /* the name by which it was opened is gone */
	GS_FILE_PATH_CUT = 1u << 2,   /* the start of its path is missing */
	GS_FILE_SCRIPT = 1u << 3,     /* a script run by descriptor: what that is */
	GS_FILE_PRIVILEGED = 1u << 4, /* it runs with more rights than who called exec had */
};

enum gs_namespace {
	GS_NS_UTS,
	GS_NS_IPC,
	GS_NS_MNT,
	GS_NS_PID,
	GS_NS_PID_FOR_CHILDREN,
	GS_NS_NET,
	GS_NS_TIME,
	GS_NS_TIME_FOR_CHILDREN,
	GS_NS_CGROUP,
	GS_NS_USER,
	GS_NAMESPACES,
};

struct gs_header {
	__u32 size; /* bytes of the whole record, this header included */
	__u16 type; /* enum gs_record_type */
	__u16 cpu;
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u64 key_ns;  /* with pid: the process instance the record is about */
	__u32 pid;     /* thread group id, initial pid namespace */
	__u32 tid;     /* the thread that caused the record */
};

struct gs_key {
	__u64 key_ns;
	__u32 pid; /* 0: the kernel, or unknown if key_ns is 0 too */
	__u32 pad;
};

/* header.pid/key_ns: the child. Threads make no record. */
struct gs_fork {
	struct gs_header header;
	struct gs_key parent; /* who called fork, clone or vfork */
	__u32 ns_pid;	      /* the child's pid in its own pid namespace */
	__u32 pad;
};

/*
 * header.pid/key_ns: the new instance. Behind the struct, without gaps and
 * without terminators: binary, interpreter, cwd, cgroup name, file path, argument area.
 */
struct gs_exec {
	struct gs_header header;
	struct gs_key parent;  /* as the process table had it */
	__u64 previous_key_ns; /* the instance that exec replaced; 0 with GS_FLAG_PROCFS */
	__u64 start_ns;	       /* start of the process (its fork), CLOCK_BOOTTIME */
	__u64 cgroup_id;       /* cgroup v2 id, 0 if the kernel has none */
	__u64 cap_permitted;
	__u64 cap_effective;
	__u64 cap_inheritable;
	__u32 flags;		 /* enum gs_process_flag */
	__u32 uid;		 /* real uid, initial user namespace */
	__u32 auid;		 /* login uid; 4294967295: none */
	__u32 ns_pid;		 /* pid in the process' own pid namespace */
	__u32 ns[GS_NAMESPACES]; /* inode numbers, index enum gs_namespace; 0: unknown */
	__u32 binary_size;	 /* path as given to exec; relative ones are not joined here */
	__u32 interpreter_size;	 /* the interpreter that runs it, if it is a script; else 0 */
	__u32 cwd_size;		 /* seen from the process' root */
	__u32 cgroup_name_size;	 /* leaf directory of its cgroup; "PARENT/LEAF" for a leaf named
				    container */
	__u32 args_size; /* bytes of argument area in this record; argv[0] included, NUL after each
			  */
	__u32 args_spilled; /* bytes sent ahead in GS_RECORD_ARGS records; they come first */
	__u64 inode;	    /* of the running file; 0: a script that was not run by descriptor */
	__u32 links;	    /* names that the file has */
	__u32 mode;
	__u32 file_uid; /* who owns it, initial user namespace */
	__u32 file_gid;
	__u32 file_flags;     /* enum gs_file_flag */
	__u32 file_path_size; /* path of the file seen from the process' root, if the name given to
				 exec does not tell; else 0 */
	__u32 euid;
	__u32 gid;
	__u32 egid;
	__u32 pad;
};

/* The namespaces that the kernel started with. */
struct gs_spaces {
	__u32 ns[GS_NAMESPACES];
};

/* header.pid/key_ns: the process; sent once, when its last thread is gone. */
struct gs_exit {
	struct gs_header header;
	struct gs_key parent;
	__u32 code; /* as wait(2) gives it: status << 8 | core-dump bit | signal */
	__u32 pad;
};

/* Behind the struct: size bytes of the argument area. */
struct gs_args {
	struct gs_header header; /* pid/key_ns of the exec record that follows */
	__u32 offset;		 /* of these bytes in the argument area */
	__u32 size;
};

/* header.pid/key_ns: who made the call. */
struct gs_test_call {
	struct gs_header header;
	struct gs_key parent;
	__u64 args[4]; /* the first four of the system call */
};

/* One a CPU; the host adds them up. Every way to lose something is counted here. */
struct gs_counters {
	__u64 sent[GS_RECORD_TYPES];
	__u64 lost[GS_RECORD_TYPES]; /* no room in the ring */
	__u64 table_full;	     /* a process that the process table could not take */
	__u64 read_failed; /* a kernel or user read that failed; the record's flags say which */
};

/* Written by the reader of the ring, and by who wakes it. */
struct gs_reader {
	__u32 sleeps; /* 1: it waits to be woken */
	__u32 pad;
};

/* How many hooks have a place in the map `demands`, by their numbers; of those that share one only
 * the last is spared. */
#define GS_DEMANDS 4096

/* Written by the host. */
struct gs_demand {
	__u32 nobody; /* the number of a hook of which nobody wants a record; 0: none */
	__u32 judged; /* ... of one of which some processes' are not wanted: those in `unwanted` */
	__u32 generation; /* of what is in there */
	__u32 pad;
};

struct gs_unwanted_key {
	__u64 key_ns; /* with pid: the process instance */
	__u32 pid;
	__u32 hook;
	__u32 generation;
	__u32 pad;
};

/* Value of the process table; its key is the thread group id. */
struct gs_process {
	__u64 key_ns;
	struct gs_key parent;
	__u32 flags; /* GS_FLAG_CLONE: forked and not exec'd since */
	__u32 pad;
};

/* What is traced. Set in read-only data before load. */
enum gs_scope {
	GS_SCOPE_ALL = 0,
	GS_SCOPE_TREE = 1,   /* processes in the process table and their descendants */
	GS_SCOPE_CGROUP = 2, /* processes under the cgroup v2 in slot 0 of the scope map */
};

#endif
