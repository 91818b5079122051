/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the selectors of a hook ask and do: read-only data, as hook_config. */
#ifndef GS_SELECTOR_CONFIG_H
#define GS_SELECTOR_CONFIG_H

#include "hook/config.h"

#define GS_SELECTORS 8
/* Most filters of one kind in a selector. */
#define GS_PID_FILTERS 4
#define GS_BINARY_FILTERS 4
#define GS_NAMESPACE_FILTERS 10
#define GS_CAPABILITY_FILTERS 4
#define GS_CHANGE_FILTERS 4
#define GS_ARGUMENT_FILTERS 5
/* Values that stand here; if there are more, all are in a map. A range takes two. */
#define GS_VALUES 8
#define GS_FD_ACTIONS 4

/* gs_hook_event.selector of a hook that has none: everything matches. */
#define GS_NO_SELECTOR 0xffff
/* gs_filter.mark of a filter that does not follow. */
#define GS_NO_MARK 0xff

enum gs_test {
	GS_TEST_ONE_OF = 1,
	GS_TEST_GREATER = 2,
	GS_TEST_LESS = 3,
	GS_TEST_MASK = 4,
	GS_TEST_RANGE = 5,
	GS_TEST_EQUAL = 6, /* of text */
	GS_TEST_PREFIX = 7,
	GS_TEST_POSTFIX = 8,
	GS_TEST_ADDRESS = 9,
	GS_TEST_GAINED = 10, /* capabilities that the process does not have */
};

/* What of an argument is tested, where it has parts. */
enum gs_part {
	GS_PART_WHOLE = 0,
	GS_PART_SOURCE = 1, /* address or port */
	GS_PART_DESTINATION = 2,
	GS_PART_PROTOCOL = 3,
	GS_PART_FAMILY = 4,
	GS_PART_STATE = 5,
	GS_PART_FILE_TYPE = 6,
};

/* When the value of an argument is there. */
enum gs_stage {
	GS_STAGE_NUMBERS = 0, /* before anything is copied */
	GS_STAGE_COPIED = 1,
	GS_STAGE_RETURN = 2,
};

enum gs_capability_set {
	GS_CAPABILITY_EFFECTIVE,
	GS_CAPABILITY_INHERITABLE,
	GS_CAPABILITY_PERMITTED,
};

struct gs_filter {
	__u8 test; /* enum gs_test */
	__u8 negated;
	__u8 position; /* of an argument; of a namespace its index */
	__u8 stage;    /* enum gs_stage */
	__u8 part;     /* enum gs_part */
	__u8 is_signed;
	__u8 count;	    /* of value; 0: they are in the maps, as the set below */
	__u8 mark;	    /* bit in struct gs_marks, of one that follows */
	__u8 is_namespaced; /* pids */
	__u8 is_fd;	    /* only the low 32 bits are its value, signed */
	__u8 pad[2];
	__u32 set;
	__u64 value[GS_VALUES];
};

struct gs_capability_filter {
	__u64 mask;
	__u8 set; /* enum gs_capability_set */
	__u8 negated;
	__u8 is_namespaced;
	__u8 pad[5];
};

struct gs_namespace_change {
	__u32 mask; /* a bit for each enum gs_namespace */
	__u32 negated;
};

enum gs_fd_action {
	GS_FD_FOLLOW = 1,
	GS_FD_UNFOLLOW = 2,
	GS_FD_COPY = 3,
};

enum gs_rate_scope {
	GS_RATE_THREAD,
	GS_RATE_PROCESS,
	GS_RATE_GLOBAL,
};

struct gs_fd_change {
	__u8 kind; /* enum gs_fd_action */
	__u8 from; /* position of the descriptor */
	__u8 to;   /* of the second descriptor, or of the path */
	__u8 pad[5];
};

struct gs_actions {
	__u64 rate_interval_ns; /* 0: no limit */
	__u32 rate_scope;	/* enum gs_rate_scope */
	__s32 override_error;	/* 0: none */
	__u8 no_post;
	__u8 signal; /* 0: none */
	__u8 kernel_stack;
	__u8 user_stack;
	__u8 fd_changes;
	__u8 pad[3];
	struct gs_fd_change fd_change[GS_FD_ACTIONS];
};

struct gs_selector {
	__u8 pids, binaries, namespaces, namespace_changes;
	__u8 capabilities, capability_changes, args, returns;
	struct gs_filter pid[GS_PID_FILTERS];
	struct gs_filter binary[GS_BINARY_FILTERS];
	struct gs_filter namespace[GS_NAMESPACE_FILTERS];
	struct gs_filter arg[GS_ARGUMENT_FILTERS];
	struct gs_filter returned[GS_ARGUMENT_FILTERS];
	struct gs_capability_filter capability[GS_CAPABILITY_FILTERS];
	struct gs_capability_filter capability_change[GS_CHANGE_FILTERS];
	struct gs_namespace_change namespace_change[GS_CHANGE_FILTERS];
	struct gs_actions actions;
	struct gs_actions return_actions;
};

struct gs_selector_config {
	__u32 count;
	__u32 host_user_ns;
	/* What any of them needs. */
	__u8 needs_facts;
	__u8 needs_marks;
	__u8 needs_own_pid;
	__u8 needs_text; /* of binaries: room for keys before anything is copied */
	__u8 needs_numbers;
	__u8 needs_copied;
	__u8 needs_returned;
	__u8 overrides;
	__u8 kernel_stacks;
	__u8 user_stacks;
	__u8 limits;	    /* of rate */
	__u8 acts;	    /* a call leaves something behind, wanted or not */
	__u8 needs_process; /* anything that is asked of who makes the call */
	__u8 pad[3];
	__u64 digest_seed; /* nobody knows it who could make two calls look the same */
	struct gs_selector selector[GS_SELECTORS];
};

const volatile struct gs_selector_config selector_config;

#endif
