/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the filters of policies need to know of every process, kept from its exec to its exit. */
#ifndef GS_FACTS_H
#define GS_FACTS_H

#include "selector/marks.h"
#include "common/ring.h"

#define GS_DOT_SLASH 0x2f2e

/*
 * Joins a relative name to the working directory, in scratch->walk.path. Both are in the record:
 * cwd is put in there behind the name. Leading "./" are left out, as the API shows it; ".." stays.
 */
static __always_inline __u32 join_binary(struct gs_scratch *scratch)
{
	struct gs_exec *exec = &scratch->exec;
	__u64 cwd_at = sizeof(*exec) + exec->binary_size + exec->interpreter_size;
	__u64 cwd_size = at_most(exec->cwd_size, PATH_MAX);
	__u64 name_at = sizeof(*exec);
	__u64 name_size = at_most(exec->binary_size, GS_BINARY_MAX);

	for (__u32 i = 0; i < 4; i++) {
		if (name_size < 2 || *(__u16 *)&scratch->record[name_at] != GS_DOT_SLASH)
			break;
		name_at += 2;
		name_size -= 2;
	}
	name_size = at_most(name_size, GS_BINARY_MAX);
	if (cwd_size == 0 || name_size == 0)
		return 0;
	bpf_probe_read_kernel(scratch->walk.path, cwd_size,
			      &scratch->record[cwd_at & (GS_STRINGS_MAX - 1)]);
	cwd_size = at_most(scratch->exec.cwd_size, PATH_MAX);
	if (cwd_size > 1) /* not the root itself */
		scratch->walk.path[cwd_size++ & GS_PATH_MASK] = '/';
	bpf_probe_read_kernel(&scratch->walk.path[at_most(cwd_size, PATH_MAX + 1)], name_size,
			      &scratch->record[name_at]);
	return cwd_size + name_size;
}

static __always_inline void put_binary(struct gs_scratch *scratch, struct gs_facts *facts)
{
	const __u8 *name = &scratch->record[sizeof(struct gs_exec)];
	__u64 size = at_most(scratch->exec.binary_size, GS_BINARY_MAX);
	__u64 joined = 0;

	__builtin_memset(facts->binary, 0, sizeof(facts->binary));
	if (size && *name != '/')
		joined = at_most(join_binary(scratch), PATH_MAX + GS_BINARY_MAX);
	if (joined) {
		facts->binary_size = joined;
		bpf_probe_read_kernel(facts->binary, at_most(joined, GS_BINARY_HEAD),
				      scratch->walk.path);
		fill_tail(facts->binary_tail, &scratch->walk.path[joined], joined);
		return;
	}
	facts->binary_size = size;
	size = at_most(size, GS_BINARY_HEAD);
	if (size)
		bpf_probe_read_kernel(facts->binary, size, name);
	size = at_most(scratch->exec.binary_size, GS_BINARY_MAX);
	fill_tail(facts->binary_tail, name + size, size);
}

/* Once the record of the exec is put together: all is in there. */
static __always_inline void facts_at_exec(struct gs_scratch *scratch, __u32 pid)
{
	struct gs_facts *facts = &scratch->facts;
	const struct gs_facts *known;

	known = bpf_map_lookup_elem(&process_facts, &pid);
	facts->followed_fds = known ? known->followed_fds : 0; /* they stay open */
	facts->cap_permitted = scratch->exec.cap_permitted;
	facts->cap_effective = scratch->exec.cap_effective;
	facts->cap_inheritable = scratch->exec.cap_inheritable;
	__builtin_memcpy(facts->ns, scratch->exec.ns, sizeof(facts->ns));
	put_binary(scratch, facts);
	if (bpf_map_update_elem(&process_facts, &pid, facts, BPF_ANY))
		count_table_full();
	marks_at_exec(scratch, pid);
}

static __always_inline void facts_at_fork(__u32 creator_pid, struct task_struct *child)
{
	__u32 pid = child->tgid;
	struct gs_facts *creators = bpf_map_lookup_elem(&process_facts, &creator_pid);

	if (creators) {
		if (bpf_map_update_elem(&process_facts, &pid, creators, BPF_ANY))
			count_table_full();
	} else {
		/* of an earlier process with that number, of which no exit was seen */
		bpf_map_delete_elem(&process_facts, &pid);
	}
	marks_at_fork(creator_pid, child);
}

/* Those above the bound stay until they are in the way: they belong to nobody any more. */
static __always_inline void forget_followed(__u32 pid)
{
	const struct gs_facts *facts = bpf_map_lookup_elem(&process_facts, &pid);
	struct gs_fd_key key = {.pid = pid};

	if (!facts)
		return;
	for (__u32 fd = 0; fd < GS_FOLLOWED_FDS; fd++) {
		if (fd >= facts->followed_fds)
			break;
		key.fd = fd;
		bpf_map_delete_elem(&followed_fds, &key);
	}
}

static __always_inline void facts_at_exit(__u32 pid)
{
	forget_followed(pid);
	bpf_map_delete_elem(&process_facts, &pid);
	marks_at_exit(pid);
}

#endif
