/**
 * Numbers in the records of hooks, as `bpf/core/hook/record.h` has them. They are compared with the
 * layout of each source, so that a recording of another kind is refused and not misread.
 */

/** What was done, a bit each: `enum gs_hook_action`. */
export const HookAction = {
  POST: 1,
  FOLLOW_FD: 2,
  UNFOLLOW_FD: 4,
  COPY_FD: 8,
  SIGNAL: 16,
  OVERRIDE: 32,
} as const;

/** `enum gs_hook_flag` */
export const HookFlag = {
  RETURNED: 1,
  /** Actions were matched but, in monitor mode, not done. */
  MONITORED: 2,
  /** One was tried and the kernel refused. */
  ACTION_FAILED: 4,
} as const;

/** The form of an argument: `enum gs_arg_kind`. */
export const ArgumentKind = {
  INT: 1,
  STRING: 2,
  BYTES: 3,
  PATH: 4,
  SOCK: 5,
  SKB: 6,
  SOCKADDR: 7,
  CRED: 8,
  USER_NS: 9,
  BPF_ATTR: 10,
  BPF_PROG: 11,
  BPF_MAP: 12,
  PERF_EVENT: 13,
  MODULE: 14,
  STACK: 15,
} as const;

/** Why an argument could not be read: `enum gs_arg_error`. */
export const ArgumentError = {
  OK: 0,
  FAULT: 1,
  NO_MEMORY: 2,
  TOO_LARGE: 3,
  NULL: 4,
  NO_SUCH_FD: 5,
} as const;

/** `enum gs_arg_path_flag` */
export const PathFlag = {
  UNRESOLVED_MOUNTS: 1,
  UNRESOLVED_COMPONENTS: 2,
  FOLLOWED: 4,
} as const;

/** Positions of what is no argument: GS_POSITION_*. */
export const Position = { RETURN: 16, KERNEL_STACK: 17, USER_STACK: 18 } as const;

/** `gs_hook_event.selector` of a hook without selectors. */
export const NO_SELECTOR = 0xffff;

/** How the enumerators are called in the layout: prefix, and the numbers that are relied on. */
export const hookEnums = {
  gs_hook_action: ["GS_ACTION_", HookAction],
  gs_hook_flag: ["GS_HOOK_", HookFlag],
  gs_arg_kind: ["GS_ARG_", ArgumentKind],
  gs_arg_error: ["GS_ARG_", ArgumentError],
  gs_arg_path_flag: ["GS_PATH_", PathFlag],
} as const;

/** What is said of an argument that could not be read. */
export const errorTexts: Readonly<Record<number, string>> = {
  [ArgumentError.FAULT]: "the memory could not be read",
  [ArgumentError.NO_MEMORY]: "there was no room for it",
  [ArgumentError.TOO_LARGE]: "it is too large",
  [ArgumentError.NULL]: "a pointer to it is NULL",
  [ArgumentError.NO_SUCH_FD]: "there is no such file descriptor",
};
