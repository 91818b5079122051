/** Reading /proc, where a file may be gone at any moment, and a link may have anything as its target. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Codes that mean: this process is gone. */
const goneCodes = new Set(["ENOENT", "ESRCH"]);
/** Codes that mean: not for us to see, or there is nothing behind it. */
const unreadableCodes = new Set([
  ...["EACCES", "EPERM", "EINVAL", "EIO", "ENAMETOOLONG", "ENOTDIR", "ELOOP", "ENXIO", "ESTALE"],
]);

/** `undefined` if the file is gone or can't be read. */
export function readBytes(path: string): Buffer | undefined {
  return attempt(() => readFileSync(path));
}

export function readText(path: string): string | undefined {
  return attempt(() => readFileSync(path, "latin1"));
}

/** Target of a link, byte for byte: paths need not be UTF-8. */
export function readLink(path: string): Buffer | undefined {
  return attempt(() => readlinkSync(path, { encoding: "buffer" }));
}

/** Names in a folder that are numbers, in order. */
export function readNumbers(path: string): number[] {
  const names = attempt(() => readdirSync(path)) ?? [];
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

export const exists = (path: Buffer | string): boolean => existsSync(path);

/** `undefined` if that cannot be read: it is gone, or not for us to see. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (goneCodes.has(code) || unreadableCodes.has(code)) return undefined;
    throw error;
  }
}

/** What `/proc/PID/stat` says that we use. */
export interface Stat {
  /** Of the process, at most 15 bytes: latin1. */
  readonly name: string;
  readonly state: string;
  readonly parentPid: number;
  readonly flags: number;
  /** Field 22: CLOCK_BOOTTIME when it started, in ticks of 10 ms. */
  readonly startTicks: bigint;
}

export function readStat(folder: string): Stat | undefined {
  const text = readText(`${folder}/stat`);
  if (text === undefined) return undefined;
  // The name in parentheses can have anything in it, parentheses too.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => fields[number - 3] ?? "";
  if (!/^\d+$/.test(field(22))) return undefined;
  return {
    name: text.slice(text.indexOf("(") + 1, text.lastIndexOf(")")),
    state: field(3),
    parentPid: Number(field(4)),
    flags: Number(field(9)),
    startTicks: BigInt(field(22)),
  };
}

const tickNs = 10_000_000n;
const kernelThreadFlag = 0x0020_0000;

/** The key of a process that nobody has seen exec; see the head of `bpf/core/common/record.h`. */
export const startKeyNs = (stat: Stat): bigint => stat.startTicks * tickNs;

export const isKernelThread = (stat: Stat): boolean => (stat.flags & kernelThreadFlag) !== 0;

/** A process that has ended, or is about to be gone. */
export const isDead = (stat: Stat): boolean => /[ZXx]/.test(stat.state);
