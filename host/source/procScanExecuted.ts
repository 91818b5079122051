/** Which file a process runs, as /proc tells it: its facts, and whether it is a script's interpreter. */
import {
  type BigIntStats,
  closeSync,
  constants,
  openSync,
  readSync,
  type Stats,
  statSync,
} from "node:fs";
import { attempt, readBytes, readLink } from "./procScanFiles.js";

export interface ScannedFile {
  readonly inode: bigint;
  readonly links: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** In no directory, ever: memfd_create. */
  readonly parentless: boolean;
  /** The name by which it was opened is gone. */
  readonly unlinked: boolean;
}

const deleted = Buffer.from(" (deleted)");
const memory = Buffer.from("/memfd:");

/** @param isDeleted what the link to it says, which a file may also really be called */
export function readExecutedFile(folder: string, isDeleted: boolean): ScannedFile | undefined {
  const stat = attempt((): BigIntStats => statSync(`${folder}/exe`, { bigint: true }));
  const target = readLink(`${folder}/exe`);
  if (stat === undefined || target === undefined) return undefined;
  const links = Number(stat.nlink);
  const parentless = links === 0 && target.subarray(0, memory.length).equals(memory);
  return {
    inode: stat.ino,
    links,
    mode: Number(stat.mode),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    parentless,
    unlinked: isDeleted && !parentless,
  };
}

export const saysDeleted = (path: Buffer): boolean =>
  path.subarray(-deleted.length).equals(deleted);

export const withoutDeleted = (path: Buffer): Buffer => path.subarray(0, -deleted.length);

const secureEntry = 23n;

/** Whether it got more rights by its exec than who called that: AT_SECURE of the auxiliary vector. */
export function isPrivileged(folder: string): boolean {
  const vector = readBytes(`${folder}/auxv`) ?? Buffer.alloc(0);
  for (let at = 0; at + 16 <= vector.length; at += 16)
    if (vector.readBigUInt64LE(at) === secureEntry) return vector.readBigUInt64LE(at + 8) === 1n;
  return false;
}

export interface Script {
  /** As it was given to exec. */
  readonly path: Buffer;
  readonly interpreter: Buffer;
}

/** Bytes of a process's name: the kernel cuts it. */
const nameBytes = 15;

/**
 * The script that was run, if the running file is only its interpreter. Of a script the kernel
 * makes the process's name, and the arguments `INTERPRETER [OPTION] SCRIPT ...`; of an interpreter that
 * was called with a script as its argument it makes another name.
 */
export function readScript(
  folder: string,
  name: string,
  args: Buffer | undefined,
): Script | undefined {
  const [interpreter, ...rest] = (args?.toString("latin1") ?? "").split("\0");
  if (!interpreter || nameOf(interpreter) === name) return undefined;
  const script = rest.slice(0, 2).find((word) => nameOf(word) === name);
  if (script === undefined) return undefined;
  const running = attempt((): Stats => statSync(`${folder}/exe`));
  const named = attempt((): Stats => statSync(seenFrom(folder, interpreter)));
  if (!running || !named || running.ino !== named.ino || running.dev !== named.dev)
    return undefined;
  if (!isScript(seenFrom(folder, script))) return undefined;
  return { path: Buffer.from(script, "latin1"), interpreter: Buffer.from(interpreter, "latin1") };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).slice(0, nameBytes);
}

/** The path as the process would open it, byte for byte. */
function seenFrom(folder: string, path: string): Buffer {
  const start = path.startsWith("/") ? `${folder}/root` : `${folder}/cwd/`;
  return Buffer.concat([Buffer.from(start), Buffer.from(path, "latin1")]);
}

/** The name is the process's to choose: it may lead to what blocks who opens it. */
function isScript(path: Buffer): boolean {
  if (!attempt((): Stats => statSync(path))?.isFile()) return false;
  const file = attempt(() => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  if (file === undefined) return false;
  try {
    const start = Buffer.alloc(2);
    return attempt(() => readSync(file, start, 0, 2, 0)) === 2 && start.toString() === "#!";
  } finally {
    closeSync(file);
  }
}
