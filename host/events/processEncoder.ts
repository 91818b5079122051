import { MessageBuilder } from "./messageBuilder.js";
import { type Capabilities, type ExecutedFile, namespaceNames, type Pod } from "./model.js";
import type { CachedProcess } from "./process.js";

export interface ProcessEncoderOptions {
  /** Fill `cap`. */
  readonly capabilities: boolean;
  /** Fill `ns`. */
  readonly namespaces: boolean;
  /** Inode numbers of the host's namespaces in the order of `namespaceNames`, for `is_host`; 0: unknown. */
  readonly hostNamespaces: readonly number[];
}

/** Numbers of the fields of `fgs.Process`. */
const field = {
  execId: 1,
  pid: 2,
  uid: 3,
  cwd: 4,
  binary: 5,
  arguments: 6,
  flags: 7,
  startTime: 8,
  auid: 9,
  pod: 10,
  docker: 11,
  parentExecId: 12,
  capabilities: 14,
  namespaces: 15,
  inInitTree: 2016,
  interpreter: 2000,
  file: 2001,
  nsPid: 2002,
  euid: 2003,
  gid: 2004,
  egid: 2005,
} as const;

/** `fgs.Process` without `refcnt`, the one field that changes while a process lives. */
export function encodeProcess(process: CachedProcess, options: ProcessEncoderOptions): Uint8Array {
  const message = new MessageBuilder()
    .string(field.execId, process.execId)
    .wrappedUint(field.pid, process.pid)
    .wrappedUint(field.uid, process.uid)
    .string(field.cwd, process.cwd)
    .string(field.binary, process.binary)
    .string(field.arguments, process.arguments)
    .string(field.flags, process.flags)
    .timestamp(field.startTime, process.startTimeNs)
    .wrappedUint(field.auid, process.auid);
  if (process.pod) message.message(field.pod, encodePod(process.pod, process.nsPid));
  message
    .string(field.docker, process.docker)
    .string(field.parentExecId, process.parent?.execId ?? "");
  if (options.capabilities && process.capabilities)
    message.message(field.capabilities, encodeCapabilities(process.capabilities));
  if (options.namespaces && process.namespaces)
    message.message(field.namespaces, encodeNamespaces(process.namespaces, options.hostNamespaces));
  const isOutsideHost = process.nsPid !== 0 && process.nsPid !== process.pid;
  if (process.inInitTree || isOutsideHost)
    message.wrappedUint(field.inInitTree, process.inInitTree ? 1 : 0); // a BoolValue looks the same
  message.string(field.interpreter, process.interpreter ?? "");
  if (process.file) message.message(field.file, encodeFile(process.file));
  message
    .wrappedUint(field.nsPid, differing(process.nsPid || process.pid, process.pid))
    .wrappedUint(field.euid, differing(process.euid, process.uid))
    .wrappedUint(field.gid, options.capabilities ? process.gid : undefined)
    .wrappedUint(field.egid, differing(process.egid, process.gid));
  return message.finish();
}

/** fgs.Pod. What is particular about the process is in it too: `pid` and `maybe_exec_probe`. */
function encodePod(pod: Pod, nsPid: number): Uint8Array {
  const message = new MessageBuilder().string(1, pod.namespace).string(2, pod.name);
  for (const label of pod.labels ?? []) message.string(3, label);
  const { container } = pod;
  const inner = new MessageBuilder();
  if (container) {
    const { id, name } = container.image;
    inner.string(1, container.id).string(2, container.name);
    if (id !== "" || name !== "")
      inner.message(3, new MessageBuilder().string(1, id).string(2, name).finish());
    if (container.startTimeNs !== 0n) inner.timestamp(4, container.startTimeNs);
    if (nsPid !== 0) inner.wrappedUint(5, nsPid);
  }
  inner.uint(13, pod.maybeExecProbe ? 1 : 0);
  if (container || pod.maybeExecProbe) message.message(4, inner.finish());
  return message.finish();
}

/** Told only where it is not what one would think. */
function differing(value: number | undefined, usual: number | undefined): number | undefined {
  return value === usual ? undefined : value;
}

/** guidestar.ExecutedFile */
function encodeFile(file: ExecutedFile): Uint8Array {
  return new MessageBuilder()
    .string(1, file.path)
    .uint(2, file.inode)
    .uint(3, file.links)
    .uint(4, Number(file.inMemory))
    .uint(5, Number(file.deleted))
    .uint(6, Number(file.script))
    .uint(7, Number(file.setuid))
    .uint(8, Number(file.setgid))
    .uint(9, file.uid)
    .uint(10, file.gid)
    .uint(11, Number(file.privileged))
    .uint(12, Number(file.pathCut))
    .finish();
}

/** fgs.Capabilities: the numbers of the capabilities held, set by set. */
function encodeCapabilities(sets: Capabilities): Uint8Array {
  return new MessageBuilder()
    .packed(1, bitsOf(sets.permitted))
    .packed(2, bitsOf(sets.effective))
    .packed(3, bitsOf(sets.inheritable))
    .finish();
}

function bitsOf(mask: bigint): number[] {
  const bits: number[] = [];
  for (let bit = 0, rest = mask; rest !== 0n; bit++, rest >>= 1n) if (rest & 1n) bits.push(bit);
  return bits;
}

/** fgs.Namespaces: field n+1 is namespace n of `namespaceNames`. */
function encodeNamespaces(inodes: readonly number[], host: readonly number[]): Uint8Array {
  const message = new MessageBuilder();
  namespaceNames.forEach((_, index) => {
    const inode = inodes[index] ?? 0;
    if (inode === 0) return;
    const isHost = inode === host[index] ? 1 : 0;
    message.message(index + 1, new MessageBuilder().uint(1, inode).uint(2, isHost).finish());
  });
  return message.finish();
}
