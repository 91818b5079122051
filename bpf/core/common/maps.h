/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef GS_MAPS_H
#define GS_MAPS_H

#include "common/kernel.h"
#include "common/record.h"
#include "common/scratch.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20); /* bytes */
} ring SEC(".maps");

/* See wakeup_flags. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gs_reader);
} reader SEC(".maps");

/* By the hook's number: see demand.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GS_DEMANDS);
	__type(key, __u32);
	__type(value, struct gs_demand);
} demands SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct gs_unwanted_key);
	__type(value, __u8);
} unwanted SEC(".maps");

/* Every process that is followed, by thread group id. In GS_SCOPE_TREE, membership is the scope. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, struct gs_process);
} processes SEC(".maps");

/* What policies filter by, of the processes that are followed: see facts.h. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, struct gs_facts);
} process_facts SEC(".maps");

/* Only of those that have a mark: see marks.h. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, struct gs_marks);
} process_marks SEC(".maps");

struct gs_mark_pid {
	__u32 pid;
	__u32 is_namespaced; /* as the process' own pid namespace has it */
};

/* Marks for processes that will have this pid. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct gs_mark_pid);
	__type(value, struct gs_marks);
} mark_pids SEC(".maps");

/* Paths of descriptors, put there by actions of policies: see followed.h. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 32000);
	__type(key, struct gs_fd_key);
	__type(value, struct gs_followed);
} followed_fds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gs_live);
} live SEC(".maps");

struct gs_exited {
	__u64 start_ns;
	__u32 pid;
	__u32 pad;
};

/* Processes whose exit was just reported, where the process table cannot tell: see exit.h. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct gs_exited);
	__type(value, __u8);
} exited SEC(".maps");

/* Filled once, by host_namespaces. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gs_spaces);
} host_spaces SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} scope_cgroup SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gs_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gs_scratch);
} scratches SEC(".maps");

#endif
