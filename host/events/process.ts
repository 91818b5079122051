import type { Capabilities, ExecutedFile, Pod, Process } from "./model.js";

/** Everything that is told of a process instance when it is made. */
export type ProcessInit = Omit<Process, "parent" | "execId" | "inInitTree"> & {
  readonly parent: CachedProcess | undefined;
};

/** The instance ended or was replaced: it no longer counts for itself, nor for its parent. */
export function release(process: CachedProcess): void {
  if (process.references > 0) process.references--;
  if (process.parent && process.parent.references > 0) process.parent.references--;
}

/** A chain of ancestors is cut here, or a process that execs itself for ever would fill memory. */
const maxAncestors = 256;

/** A process instance as the cache holds it. Fields are assigned one by one: one hidden class for all. */
export class CachedProcess implements Process {
  readonly execId: string;
  readonly pid: number;
  readonly nsPid: number;
  readonly inInitTree: boolean;
  readonly keyNs: bigint;
  /** The same in two halves of 32 bits, signed. */
  readonly keyLow: number;
  readonly keyHigh: number;
  readonly startTimeNs: bigint;
  readonly uid: number | undefined;
  readonly auid: number | undefined;
  readonly binary: string;
  readonly arguments: string;
  readonly cwd: string;
  readonly flags: string;
  readonly docker: string;
  readonly containerId: string;
  readonly cgroupId: bigint;
  readonly cgroupName: string;
  readonly capabilities: Capabilities | undefined;
  readonly namespaces: readonly number[] | undefined;
  readonly interpreter: string | undefined;
  readonly file: ExecutedFile | undefined;
  readonly euid: number | undefined;
  readonly gid: number | undefined;
  readonly egid: number | undefined;
  parent: CachedProcess | undefined;
  /** Set at most once, when the container's runtime has told of it. */
  pod: Pod | undefined;
  /** Itself while it lives, and each child that lives; `refcnt` on the wire, as it is at send time. */
  references = 1;
  /** Its bytes on the wire, less `refcnt`; made by the encoder when first needed. */
  wire: Uint8Array | undefined = undefined;
  /** How many ancestors it has, at least: its own were counted when they still had theirs. */
  depth: number;

  constructor(nodeName: string, init: ProcessInit) {
    this.execId = execId(nodeName, init.keyNs, init.pid);
    this.pid = init.pid;
    this.nsPid = init.nsPid;
    // Kept with the process: a search for the init process would fail where ancestors are cut.
    this.inInitTree = isContainerInit(init) || (init.parent?.inInitTree ?? false);
    this.keyNs = init.keyNs;
    this.keyLow = Number(BigInt.asIntN(32, init.keyNs));
    this.keyHigh = Number(BigInt.asIntN(32, init.keyNs >> 32n));
    this.startTimeNs = init.startTimeNs;
    this.uid = init.uid;
    this.auid = init.auid;
    this.binary = init.binary;
    this.arguments = init.arguments;
    this.cwd = init.cwd;
    this.flags = init.flags;
    this.docker = init.docker;
    this.containerId = init.containerId ?? "";
    this.cgroupId = init.cgroupId;
    this.cgroupName = init.cgroupName;
    this.capabilities = init.capabilities;
    this.namespaces = init.namespaces;
    this.interpreter = init.interpreter;
    this.file = init.file;
    this.euid = init.euid;
    this.gid = init.gid;
    this.egid = init.egid;
    this.parent = init.parent;
    this.pod = init.pod;
    this.depth = this.parent ? this.parent.depth + 1 : 0;
    if (this.parent) this.parent.references++;
    cutAncestors(this);
  }
}

/** Names a process over time across nodes: standard base64 of `node:keyNs:pid`. */
export function execId(nodeName: string, keyNs: bigint, pid: number): string {
  return Buffer.from(`${nodeName}:${keyNs}:${pid}`).toString("base64");
}

/** First of its pid namespace. On the host, where both numbers are the same, that is no container. */
function isContainerInit({ pid, nsPid }: ProcessInit): boolean {
  return nsPid === 1 && pid !== 1;
}

/** Amortised: walks only when a chain has grown by as much again as it may hold. */
function cutAncestors(process: CachedProcess): void {
  if (process.depth < 2 * maxAncestors) return;
  let last = process;
  for (let i = 0; i < maxAncestors && last.parent; i++) last = last.parent;
  last.parent = undefined;
  process.depth = maxAncestors;
}
