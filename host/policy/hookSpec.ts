/**
 * What a policy comes to once it is read, checked and resolved against a kernel: plain data, no
 * YAML and no names left to look up. `host/policy` makes it, `host/sensors` loads it into the
 * kernel, `host/events` reads what comes back by its `HookDescription`.
 */

/** A policy, ready to be loaded wholly or not at all. */
export interface PolicySpec {
  readonly name: string;
  /** Of a TracingPolicyNamespaced: only processes of pods in this namespace. */
  readonly namespace?: string;
  /**
   * `podSelector`, `containerSelector`: which pods, by label and field expressions. Decided in user
   * space, where pods are known: the kernel sees all processes.
   */
  readonly pods?: PodSelector;
  /** `monitor`: actions that would change what a process does are only reported. */
  readonly mode: PolicyMode;
  readonly hooks: readonly HookSpec[];
}

export type PolicyMode = "enforce" | "monitor";

export interface PodSelector {
  readonly pod: readonly LabelRequirement[];
  readonly container: readonly LabelRequirement[];
}

/** Which processes' events are told, of a policy for certain pods. All must hold. */
export interface HookPods extends PodSelector {
  /** Of the pod. */
  readonly namespace?: string;
}

export interface LabelRequirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values: readonly string[];
}

/** Where a hook sits. A `list:` in the policy has become one hook for each of its members. */
export type HookTarget =
  /** A kernel function, of a module if that is named. */
  | { readonly kind: "function"; readonly name: string; readonly module?: string }
  /** `name` without any prefix: `write`; `number` in this machine's table. */
  | { readonly kind: "syscall"; readonly name: string; readonly number: number }
  /** `id` as in its format file. */
  | {
      readonly kind: "tracepoint";
      readonly subsystem: string;
      readonly event: string;
      readonly id: number;
    }
  | { readonly kind: "rawTracepoint"; readonly name: string }
  | { readonly kind: "lsm"; readonly hook: string }
  /** `offset` in the file; `symbol` as it was named, if it was. */
  | {
      readonly kind: "uprobe";
      readonly path: string;
      readonly offset: number;
      readonly symbol?: string;
    }
  /** What runs on each CPU, so many times a second of its clock. */
  | { readonly kind: "perf"; readonly frequencyHz: number };

export interface HookSpec {
  readonly target: HookTarget;
  /**
   * As events report it: `__x64_sys_write`, `fd_install`, `file_open`; of a tracepoint
   * `subsystem/event`.
   */
  readonly functionName: string;
  /** At most 5. */
  readonly args: readonly ArgumentSpec[];
  /** Report at return, with the return value. */
  readonly returned?: ArgumentSpec;
  /** Tried in order, the first that matches acts. None: everything matches, and is posted. */
  readonly selectors: readonly SelectorSpec[];
  readonly message?: string;
  readonly tags: readonly string[];
  /** Calls make no events: their stacks are counted. */
  readonly tree?: TreeSpec;
}

/** A stack trace tree: hooks of a policy that name the same one count in the same one. */
export interface TreeSpec {
  readonly name: string;
  /** Which stacks; at least one. */
  readonly kernel: boolean;
  readonly user: boolean;
}

/** Canonical names of argument types: aliases of the language are gone (`uint32` is `u32`). */
export type ArgumentType =
  | "s8"
  | "u8"
  | "s16"
  | "u16"
  | "s32"
  | "u32"
  | "s64"
  | "u64"
  | "size_t"
  | "bool"
  | "string"
  | "filename"
  | "char_buf"
  | "char_iovec"
  | "iov_iter"
  | "fd"
  | "file"
  | "kiocb"
  | "path"
  | "dentry"
  | "linux_binprm"
  | "skb"
  | "sock"
  | "socket"
  | "sockaddr"
  | "cred"
  | "capability"
  | "cap_permitted"
  | "cap_effective"
  | "cap_inheritable"
  | "kernel_cap_t"
  | "user_namespace"
  | "bpf_attr"
  | "bpf_prog"
  | "bpf_map"
  | "perf_event"
  | "module"
  | "load_info"
  | "net_device"
  | "syscall64"
  | "nop";

/** Where the value of an argument, or the pointer to it, comes from. */
export type ArgumentSource =
  /** The function's own argument, from 0; of a syscall, of the call that user space made. */
  | { readonly kind: "argument"; readonly index: number }
  /** A field of the tracepoint's record. `dataLoc`: a __data_loc word that says where it lies. */
  | {
      readonly kind: "field";
      readonly index: number;
      readonly offset: number;
      readonly size: number;
      readonly signed: boolean;
      readonly dataLoc: boolean;
    }
  | { readonly kind: "return" }
  /** `source: current_task`: the task_struct, as the start of `resolve`. */
  | { readonly kind: "currentTask" };

/** One step of `resolve`: add the offset, then read what is there if it is a pointer to go on from. */
export interface ResolveStep {
  readonly offset: number;
  readonly dereference: boolean;
}

export interface ArgumentSpec {
  readonly type: ArgumentType;
  readonly source: ArgumentSource;
  /** As the policy wrote it, for messages and for `SelectorSpec`: the function's index or field number. */
  readonly index: number;
  readonly label?: string;
  /** Most bytes of char_buf, char_iovec and strings that are reported. */
  readonly maxData: number;
  /**
   * How long a char_buf is, how many elements a char_iovec has: the value of another argument (from
   * 0), or what the call returned (`returnCopy`: then it is read at return).
   */
  readonly length?:
    | {
        readonly kind: "argument";
        readonly index: number;
        /** Of a tracepoint: where the field of that index lies. */
        readonly field?: ArgumentSource;
      }
    | { readonly kind: "returned" };
  /** From the argument to the value of `type`. Empty: the argument itself. */
  readonly resolve: readonly ResolveStep[];
  /** The argument points to user memory (always so for syscalls). */
  readonly user: boolean;
}

/** All of its parts must match. */
export interface SelectorSpec {
  readonly pids: readonly PidFilter[];
  readonly binaries: readonly BinaryFilter[];
  readonly args: readonly ArgumentFilter[];
  readonly returnArgs: readonly ArgumentFilter[];
  readonly namespaces: readonly NamespaceFilter[];
  readonly namespaceChanges: readonly NamespaceChangeFilter[];
  readonly capabilities: readonly CapabilityFilter[];
  readonly capabilityChanges: readonly CapabilityFilter[];
  /** Empty: Post. */
  readonly actions: readonly ActionSpec[];
  readonly returnActions: readonly ActionSpec[];
}

/** In: one of the values; NotIn: none of them. */
export interface PidFilter {
  readonly negated: boolean;
  readonly values: readonly number[];
  /** The process or any ancestor, to any depth. */
  readonly followForks: boolean;
  /** Pids as the process' own pid namespace has them; processes of the host's never match. */
  readonly namespaced: boolean;
}

export interface BinaryFilter {
  readonly match: "equal" | "prefix" | "postfix";
  readonly negated: boolean;
  readonly values: readonly string[];
  readonly followChildren: boolean;
}

/** Values of integers as 64-bit two's complement, sign-extended. */
export type ArgumentTest =
  | { readonly kind: "oneOf"; readonly values: readonly bigint[] }
  | { readonly kind: "greater"; readonly value: bigint }
  | { readonly kind: "less"; readonly value: bigint }
  /** Any bit that a value has. */
  | { readonly kind: "mask"; readonly values: readonly bigint[] }
  /** From and to, both included. */
  | { readonly kind: "range"; readonly ranges: readonly (readonly [bigint, bigint])[] }
  | { readonly kind: "inMap"; readonly values: readonly bigint[] }
  /** Of strings, buffers and paths. */
  | {
      readonly kind: "text";
      readonly match: "equal" | "prefix" | "postfix";
      readonly values: readonly Uint8Array[];
    }
  /** Of sock, socket, skb, sockaddr. Addresses of 4 or 16 bytes, network order. */
  | {
      readonly kind: "address";
      readonly side: "source" | "destination";
      readonly networks: readonly { readonly address: Uint8Array; readonly bits: number }[];
    }
  | {
      readonly kind: "port";
      readonly side: "source" | "destination";
      readonly ranges: readonly (readonly [number, number])[];
    }
  | {
      readonly kind: "protocol" | "family" | "state";
      readonly values: readonly number[];
    }
  /** Of files: S_IFMT of the mode. */
  | { readonly kind: "fileType"; readonly values: readonly number[] }
  /** Of capability sets: holds one that the process had not before. */
  | { readonly kind: "capabilitiesGained" };

export interface ArgumentFilter {
  /** Into `HookSpec.args`; of return filters always the return value. */
  readonly position: number;
  /** Must not pass the test: with several values, none of them. */
  readonly negated: boolean;
  readonly test: ArgumentTest;
}

/** Index into `namespaceNames` of `host/events/model.ts`. */
export interface NamespaceFilter {
  readonly namespace: number;
  readonly negated: boolean;
  /** Inode numbers; `host_ns` has become the host's. */
  readonly values: readonly number[];
}

/** Differs from what the process had at exec, or at the last match. */
export interface NamespaceChangeFilter {
  readonly negated: boolean;
  /** Indexes as in `NamespaceFilter`. */
  readonly namespaces: readonly number[];
}

/** As a check: holds one of `mask` (negated: none of them). As a change: one of `mask` changed. */
export interface CapabilityFilter {
  readonly set: "effective" | "inheritable" | "permitted";
  readonly negated: boolean;
  /** Bit n = capability n. */
  readonly mask: bigint;
  /** Only in user namespaces other than the host's. */
  readonly namespaced: boolean;
}

export type ActionSpec =
  | {
      readonly kind: "post";
      readonly rateLimit?: {
        readonly intervalNs: bigint;
        readonly scope: "thread" | "process" | "global";
      };
      readonly kernelStack: boolean;
      readonly userStack: boolean;
    }
  | { readonly kind: "noPost" }
  /** Positions in the hook's list of arguments: an integer and a path. */
  | { readonly kind: "followFd"; readonly fd: number; readonly name: number }
  | { readonly kind: "unfollowFd"; readonly fd: number }
  | { readonly kind: "copyFd"; readonly from: number; readonly to: number }
  /** Sigkill is signal 9. */
  | { readonly kind: "signal"; readonly signal: number }
  /** Negative errno. */
  | { readonly kind: "override"; readonly error: number };

/**
 * What an event says of its hook besides the record. Plain JSON: it crosses threads, and a recording
 * carries it (`gs_hook_definition`).
 */
export interface HookDescription {
  /** `gs_hook_event.hook`; never used twice while a daemon runs. */
  readonly hook: number;
  readonly policy: string;
  readonly kind: Exclude<HookTarget["kind"], "perf">;
  /** As events report it; of a tracepoint the event's name. */
  readonly functionName: string;
  /** Of a tracepoint. */
  readonly subsystem?: string;
  /** File of a uprobe, module of a function. */
  readonly where?: string;
  readonly args: readonly ArgumentDescription[];
  readonly returned?: ArgumentDescription;
  readonly message?: string;
  readonly tags: readonly string[];
  /** Absent: all processes. */
  readonly pods?: HookPods;
}

export interface ArgumentDescription {
  readonly type: ArgumentType;
  readonly index: number;
  readonly label?: string;
}
