import type { DnsMessage } from "../dns/message.js";
import type { Hook } from "./hook/hook.js";
import type { HookData } from "./hook/hookData.js";

/**
 * The event model: what the decoder makes of raw records, what plugins see, what filters test and
 * what the encoder writes. Nothing here knows about eBPF, WASM or gRPC.
 */

/** Event types with their numbers on the wire (`fgs.EventType`). */
export const EventType = {
  EXEC: 5,
  EXIT: 7,
  KPROBE: 13,
  TRACEPOINT: 14,
  DNS: 18,
  TEST: 254,
  /** What a plugin found out. */
  FINDING: 2000,
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];

/** Capability sets as bit masks, bit n = capability number n. */
export interface Capabilities {
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly inheritable: bigint;
}

/** Names of the namespaces, in the order of `Process.namespaces`. */
export const namespaceNames = [
  "uts",
  "ipc",
  "mnt",
  "pid",
  "pid_for_children",
  "net",
  "time",
  "time_for_children",
  "cgroup",
  "user",
] as const;

/** A container as its runtime knows it. */
export interface Container {
  /** With the runtime in front: `containerd://ID`. */
  readonly id: string;
  readonly name: string;
  readonly image: { readonly id: string; readonly name: string };
  /** ns since 1970; 0n: unknown. */
  readonly startTimeNs: bigint;
}

/**
 * Where a process runs. A container that is in no pod (plain Docker) has one with empty namespace and
 * name, so that "no pod" is told in the same way with and without a container.
 */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  /** `key=value`, sorted; of a plain Docker container, the container's. */
  readonly labels?: readonly string[];
  readonly container?: Container;
  /** A liveness or readiness probe of its container probably started the process. */
  readonly maybeExecProbe: boolean;
}

/** The file that a process runs, where its `binary` does not tell all of it. */
export interface ExecutedFile {
  /** Seen from the root of the process, symbolic links resolved; "": `binary` tells it. */
  readonly path: string;
  /** The start of the path is missing: it was too long. */
  readonly pathCut: boolean;
  /** 0: unknown. */
  readonly inode: number;
  /** Names that the file had in its file system. */
  readonly links: number;
  /** No directory ever had it: memfd_create. The path is its own name for itself. */
  readonly inMemory: boolean;
  /** The name that it was started by is gone. */
  readonly deleted: boolean;
  /** It is a script that was run by descriptor. */
  readonly script: boolean;
  /** Its set-user-id and set-group-id bits, and whose it is. */
  readonly setuid: boolean;
  readonly setgid: boolean;
  readonly uid: number;
  readonly gid: number;
  /** It runs with more rights than who called exec had: set-id bits or file capabilities worked. */
  readonly privileged: boolean;
}

/**
 * One process instance: a pid between two execs. Shared by all events that name it; never changed, but
 * for `pod`, which may come after its first events.
 */
export interface Process {
  /** `base64(node:keyNs:pid)`. */
  readonly execId: string;
  /** Thread group id in the initial pid namespace. */
  readonly pid: number;
  /** The same in its own pid namespace; 0: unknown. */
  readonly nsPid: number;
  /** It is the init process of a pid namespace other than the host's, or descends from one. */
  readonly inInitTree: boolean;
  /** CLOCK_BOOTTIME of the exec (or fork, if it never exec'd) in ns; with `pid`, its identity. */
  readonly keyNs: bigint;
  /** Start of the process on the wall clock, ns since 1970. */
  readonly startTimeNs: bigint;
  /** Real uid; undefined: unknown. */
  readonly uid: number | undefined;
  /** Login uid, 4294967295 if unset; undefined: unknown. */
  readonly auid: number | undefined;
  /** Path given to exec, made absolute. */
  readonly binary: string;
  /** argv[1..], quoted and joined as `quoteArguments` documents. */
  readonly arguments: string;
  readonly cwd: string;
  /** Space-separated, as the API prints them. */
  readonly flags: string;
  /** First 31 characters of the container id, or "". */
  readonly docker: string;
  /** The whole container id, 64 hexadecimal digits, or "". */
  readonly containerId?: string;
  readonly cgroupId: bigint;
  readonly cgroupName: string;
  readonly capabilities: Capabilities | undefined;
  /** Inode numbers in the order of `namespaceNames`; 0: unknown. */
  readonly namespaces: readonly number[] | undefined;
  readonly parent: Process | undefined;
  /** What runs `binary`, if that is a script. */
  readonly interpreter?: string | undefined;
  readonly file?: ExecutedFile | undefined;
  /** Effective uid and gid, real gid; undefined: unknown. */
  readonly euid?: number | undefined;
  readonly gid?: number | undefined;
  readonly egid?: number | undefined;
  /** Absent: in no pod that is known. */
  readonly pod?: Pod | undefined;
}

interface EventBase {
  /**
   * Number of the event on this node since the daemon started, from 1, without gaps. Given when the
   * event enters the plugin chain: 0 before, since an event may have to wait for others.
   */
  sequence: number;
  /** Wall clock, ns since 1970. */
  readonly timeNs: bigint;
  /** The same in two halves of 32 bits, signed: of events that come in floods. */
  readonly timeLow?: number;
  readonly timeHigh?: number;
  readonly process: Process;
  readonly parent: Process | undefined;
  /** Added by plugins; undefined until the first. */
  annotations: Map<string, string> | undefined;
  /** For how many events it stands; undefined: for itself. */
  readonly aggregated?: number | undefined;
  /** Names of what it talks to: those it was asked for by in DNS, and from plugins. */
  destinationNames?: readonly string[] | undefined;
}

export interface ExecEvent extends EventBase {
  readonly type: typeof EventType.EXEC;
}

export interface ExitEvent extends EventBase {
  readonly type: typeof EventType.EXIT;
  /** Exit status 0..255; 0 if a signal ended it. */
  readonly status: number;
  /** Signal name such as `SIGKILL`, or "". */
  readonly signal: string;
}

/** What a plugin found out about `process`; sequence and time are those of the event it was found in. */
export interface FindingEvent extends EventBase {
  readonly type: typeof EventType.FINDING;
  readonly plugin: string;
  readonly pluginVersion: string;
  readonly name: string;
  /** Number of `fgs.FindingSeverity`. */
  readonly severity: number;
  readonly message: string;
  readonly attributes: ReadonlyMap<string, string> | undefined;
  /** Type of the event that it was found in. */
  readonly eventType: EventType;
}

/** A call that a policy watches. What was passed is in `data`, read when somebody asks. */
interface HookEventBase extends EventBase {
  /** The hook that saw it, and the policy that it belongs to. */
  readonly hook: Hook;
  /** The thread that made the call. */
  readonly tid: number;
  /** Index of the selector that matched; undefined: the hook has none. */
  readonly selector: number | undefined;
  /** Bits of `HookAction`: what was done. */
  readonly actions: number;
  /** Bits of `HookFlag`. */
  readonly flags: number;
  /** Number of the signal that was sent, or 0. */
  readonly signal: number;
  /** What the call was made to return, if that was done: a negative errno. */
  readonly overrideError: number;
  /** Arguments, return value and stacks. */
  readonly data: HookData;
}

/** A function, a system call, an LSM hook or a place in a program: what was called. */
export interface KprobeEvent extends HookEventBase {
  readonly type: typeof EventType.KPROBE;
}

export interface TracepointEvent extends HookEventBase {
  readonly type: typeof EventType.TRACEPOINT;
}

/**
 * A system call that the sensor `test` tells of. The API shows the numbers alone; plugins see who made
 * the call, too.
 */
export interface TestEvent extends EventBase {
  readonly type: typeof EventType.TEST;
  /** The first four arguments of the call, unsigned, 64 bits each. */
  readonly args: readonly bigint[];
}

/** A DNS message that the process sent, or an answer to one. */
export interface DnsEvent extends EventBase {
  readonly type: typeof EventType.DNS;
  /** The thread that asked. */
  readonly tid: number;
  readonly dns: DnsData;
}

/** What the message says, and how it came. */
export interface DnsData {
  readonly message: DnsMessage;
  /** Of the message. */
  readonly bytes: number;
  readonly isTcp: boolean;
  readonly server: { readonly ip: string; readonly port: number };
  readonly client: { readonly ip: string; readonly port: number };
  /** Names asked for, and those that the answer leads to; each once. */
  readonly names: readonly string[];
  /** Addresses of the answer. */
  readonly ips: readonly string[];
}

export type HookEvent = KprobeEvent | TracepointEvent;

export type Event = ExecEvent | ExitEvent | HookEvent | DnsEvent | FindingEvent | TestEvent;

export function isHookEvent(event: Event): event is HookEvent {
  return event.type === EventType.KPROBE || event.type === EventType.TRACEPOINT;
}
