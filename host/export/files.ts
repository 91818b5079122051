/** The file system as the export uses it: tests put their own troubles in between. */
import fs from "node:fs";

export interface FileStat {
  readonly device: bigint;
  readonly inode: bigint;
  readonly bytes: number;
  readonly isFile: boolean;
}

/** All of them throw what `node:fs` throws. */
export interface Files {
  /** Undefined if there is nothing of that name. */
  stat(path: string): FileStat | undefined;
  fstat(fd: number): FileStat;
  /** For appending. */
  openExisting(path: string): number;
  /** For appending; fails if there is something of that name. */
  create(path: string, mode: number): number;
  /** The byte at that place. */
  byteAt(fd: number, position: number): number;
  /** Appends; returns how many bytes it could. */
  write(fd: number, bytes: Uint8Array, offset: number, length: number): number;
  truncate(fd: number, bytes: number): void;
  close(fd: number): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  list(folder: string): string[];
}

const { O_APPEND, O_CREAT, O_EXCL, O_NOCTTY, O_NONBLOCK, O_RDWR } = fs.constants;
// Without blocking, or a pipe of that name could stop the thread for good.
const appending = O_RDWR | O_APPEND | O_NONBLOCK | O_NOCTTY;

export const realFiles: Files = {
  stat: (path) => {
    const stat = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat && plain(stat);
  },
  fstat: (fd) => plain(fs.fstatSync(fd, { bigint: true })),
  openExisting: (path) => fs.openSync(path, appending),
  create: (path, mode) => {
    const fd = fs.openSync(path, appending | O_CREAT | O_EXCL, mode);
    // The umask is not asked.
    fs.fchmodSync(fd, mode);
    return fd;
  },
  byteAt: (fd, position) => {
    const byte = new Uint8Array(1);
    fs.readSync(fd, byte, 0, 1, position);
    return byte[0] as number;
  },
  write: (fd, bytes, offset, length) => fs.writeSync(fd, bytes, offset, length),
  truncate: fs.ftruncateSync,
  close: fs.closeSync,
  rename: fs.renameSync,
  remove: fs.unlinkSync,
  list: (folder) => fs.readdirSync(folder),
};

function plain(stat: fs.BigIntStats): FileStat {
  return {
    device: stat.dev,
    inode: stat.ino,
    bytes: Number(stat.size),
    isFile: stat.isFile(),
  };
}
