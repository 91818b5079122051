/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Things of the kernel of which a few facts are told: credentials, namespaces, eBPF, modules. */
#ifndef GS_HOOK_OBJECTS_H
#define GS_HOOK_OBJECTS_H

#include "hook/draft.h"
#include "hook/kernel.h"

/* Where those of `union bpf_attr` stand that BPF_PROG_LOAD and BPF_MAP_CREATE have: a part of the
 * ABI. */
#define GS_ATTR_PROG_NAME 48

/* Zeroed room for a payload that is a struct. */
#define object_payload(draft, type, copied, what)                                                  \
	({                                                                                         \
		type *_to = payload(draft);                                                        \
		__builtin_memset(_to, 0, sizeof(*_to));                                            \
		(copied)->kind = what;                                                             \
		(copied)->size = sizeof(*_to);                                                     \
		_to;                                                                               \
	})

static __always_inline void copy_cred(struct gs_hook_draft *draft, struct cred *cred,
				      struct gs_copied *copied)
{
	struct gs_cred *to = object_payload(draft, struct gs_cred, copied, GS_ARG_CRED);
	struct cred___more *more = (void *)cred;

	if (bpf_core_read(&to->cap_permitted, sizeof(__u64), &cred->cap_permitted)) {
		copied->error = GS_ARG_FAULT;
		return;
	}
	bpf_core_read(&to->cap_effective, sizeof(__u64), &cred->cap_effective);
	bpf_core_read(&to->cap_inheritable, sizeof(__u64), &cred->cap_inheritable);
	to->uid = BPF_CORE_READ(cred, uid.val);
	to->gid = BPF_CORE_READ(cred, gid.val);
	to->euid = BPF_CORE_READ(cred, euid.val);
	to->egid = BPF_CORE_READ(cred, egid.val);
	to->suid = BPF_CORE_READ(more, suid.val);
	to->sgid = BPF_CORE_READ(more, sgid.val);
	to->fsuid = BPF_CORE_READ(more, fsuid.val);
	to->fsgid = BPF_CORE_READ(more, fsgid.val);
	to->user_ns = BPF_CORE_READ(cred, user_ns, ns.inum);
	to->secure_bits = BPF_CORE_READ(more, securebits);
}

static __always_inline void copy_user_ns(struct gs_hook_draft *draft, struct user_namespace *ns,
					 struct gs_copied *copied)
{
	struct gs_user_ns *to = object_payload(draft, struct gs_user_ns, copied, GS_ARG_USER_NS);
	struct user_namespace___more *more = (void *)ns;

	if (bpf_core_read(&to->level, sizeof(to->level), &more->level)) {
		copied->error = GS_ARG_FAULT;
		return;
	}
	to->uid = BPF_CORE_READ(more, owner.val);
	to->gid = BPF_CORE_READ(more, group.val);
	to->ns = BPF_CORE_READ(ns, ns.inum);
}

static __always_inline void copy_bpf_attr(struct gs_hook_draft *draft, __u64 attr,
					  struct gs_copied *copied)
{
	struct gs_bpf_object *to =
		object_payload(draft, struct gs_bpf_object, copied, GS_ARG_BPF_ATTR);
	__u32 facts[2] = {};

	if (bpf_probe_read_kernel(facts, sizeof(facts), (void *)attr)) {
		copied->error = GS_ARG_FAULT;
		return;
	}
	to->type = facts[0];
	to->instructions = facts[1];
	bpf_probe_read_kernel(to->name, sizeof(to->name), (void *)attr + GS_ATTR_PROG_NAME);
}

static __always_inline void copy_bpf_prog(struct gs_hook_draft *draft, struct bpf_prog *prog,
					  struct gs_copied *copied)
{
	struct gs_bpf_object *to =
		object_payload(draft, struct gs_bpf_object, copied, GS_ARG_BPF_PROG);
	struct bpf_prog_aux *aux;

	if (bpf_core_read(&to->type, sizeof(to->type), &prog->type)) {
		copied->error = GS_ARG_FAULT;
		return;
	}
	to->instructions = BPF_CORE_READ(prog, len);
	aux = BPF_CORE_READ(prog, aux);
	bpf_core_read(to->name, sizeof(to->name), &aux->name);
}

static __always_inline void copy_bpf_map(struct gs_hook_draft *draft, struct bpf_map *map,
					 struct gs_copied *copied)
{
	struct gs_bpf_object *to =
		object_payload(draft, struct gs_bpf_object, copied, GS_ARG_BPF_MAP);

	if (bpf_core_read(&to->type, sizeof(to->type), &map->map_type)) {
		copied->error = GS_ARG_FAULT;
		return;
	}
	to->key_size = BPF_CORE_READ(map, key_size);
	to->value_size = BPF_CORE_READ(map, value_size);
	to->max_entries = BPF_CORE_READ(map, max_entries);
	bpf_core_read(to->name, sizeof(to->name), &map->name);
}

static __always_inline void copy_perf_event(struct gs_hook_draft *draft, struct perf_event *event,
					    struct gs_copied *copied)
{
	struct gs_perf_event *to =
		object_payload(draft, struct gs_perf_event, copied, GS_ARG_PERF_EVENT);
	__u64 function;

	if (bpf_core_read(&to->type, sizeof(to->type), &event->attr.type)) {
		copied->error = GS_ARG_FAULT;
		return;
	}
	to->config = BPF_CORE_READ(event, attr.config);
	to->probe_offset = BPF_CORE_READ(event, attr.probe_offset);
	function = BPF_CORE_READ(event, attr.kprobe_func);
	/* as user space passed it; of other kinds of event the word means something else */
	bpf_probe_read_user_str(to->name, sizeof(to->name), (void *)function);
}

static __always_inline void copy_module(struct gs_hook_draft *draft, struct module *module,
					struct gs_copied *copied)
{
	struct gs_module *to = object_payload(draft, struct gs_module, copied, GS_ARG_MODULE);

	if (bpf_core_read(&to->taints, sizeof(to->taints), &module->taints)) {
		copied->error = GS_ARG_FAULT;
		return;
	}
	bpf_core_read_str(to->name, sizeof(module->name), &module->name);
	if (bpf_core_field_exists(module->sig_ok))
		to->signature_ok = BPF_CORE_READ(module, sig_ok);
}

static __always_inline void copy_load_info(struct gs_hook_draft *draft, struct load_info *info,
					   struct gs_copied *copied)
{
	struct gs_module *to = object_payload(draft, struct gs_module, copied, GS_ARG_MODULE);
	const char *name = NULL;

	if (bpf_core_read(&name, sizeof(name), &info->name)) {
		copied->error = GS_ARG_FAULT;
		return;
	}
	bpf_probe_read_kernel_str(to->name, sizeof(to->name), name);
	to->taints = BPF_CORE_READ(info, mod, taints);
	if (bpf_core_field_exists(info->sig_ok))
		to->signature_ok = BPF_CORE_READ(info, sig_ok);
}

#endif
