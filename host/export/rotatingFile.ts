import { GuidestarError } from "../errors.js";
import { Backups } from "./backups.js";
import type { Clock } from "./clock.js";
import type { ExportConfig } from "./config.js";
import type { Files } from "./files.js";
import type { LineBatch } from "./lineBatch.js";

export interface RotatingFileParts {
  readonly config: Pick<ExportConfig, "file" | "maxFileBytes" | "rotationIntervalMs" | "mode">;
  readonly files: Files;
  readonly clock: Clock;
  /** Called after each rotation. */
  readonly onRotated: () => void;
  /** Called when a file that has to be rotated cannot be; it is written to nevertheless. */
  readonly onRotationFailed: (error: Error) => void;
}

interface OpenFile {
  readonly fd: number;
  readonly device: bigint;
  readonly inode: bigint;
}

/**
 * A file of lines that is rotated by size and age. Every line is in exactly one file, whole and at
 * the beginning of a line, whatever others do to the file and wherever the disk is full.
 */
export class RotatingFile {
  readonly #parts: RotatingFileParts;
  readonly #backups: Backups;
  #open: OpenFile | undefined;
  #openedMs = 0;
  #rotateNotBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(parts: RotatingFileParts) {
    this.#parts = parts;
    this.#backups = new Backups(parts.config.file, parts.files);
  }

  /**
   * Appends lines from `lines.next` on, which moves with them.
   * @throws what the file system throws; then `lines.next` is the first line that is in no file.
   */
  write(lines: LineBatch): void {
    const { maxFileBytes } = this.#parts.config;
    while (lines.left > 0) {
      let bytes = this.#ready();
      if (bytes > 0 && this.#isOld() && this.#rotate()) bytes = this.#ready();
      let to = lines.firstBeyond(maxFileBytes - bytes);
      if (to === lines.next) {
        if (bytes > 0 && this.#rotate()) continue;
        // A line that is longer than a file has one to itself; a file that stays grows.
        to = bytes > 0 ? lines.count : lines.next + 1;
      }
      this.#append(lines, to, bytes);
    }
  }

  /** Opens the file if it is not open, and again if it is not the one of that name any more. */
  open(): void {
    this.#ready();
  }

  /** Rotates a file that is old enough, if there is anything in it. */
  rotateIfOld(): void {
    if (!this.#isOld() || this.#ready() === 0) return;
    this.#rotate();
  }

  /** The next write will open it anew. Twice does no harm. */
  close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open) this.#parts.files.close(open.fd);
  }

  /** Makes sure that the open file is the one of that name, at the beginning of a line. @returns its size */
  #ready(): number {
    const { files, config } = this.#parts;
    if (this.#open) {
      const stat = files.stat(config.file);
      const { device, inode } = this.#open;
      if (stat && stat.inode === inode && stat.device === device) return stat.bytes;
      // Removed, or moved away to be rotated by someone else.
      this.close();
    }
    const fd = this.#openOrCreate();
    try {
      const { device, inode, bytes, isFile } = files.fstat(fd);
      if (!isFile)
        throw new GuidestarError("FAILED_PRECONDITION", `${config.file} is no regular file`);
      // A daemon that was killed, or a disk that was full, may have left half a line.
      const isTorn = bytes > 0 && files.byteAt(fd, bytes - 1) !== newline[0];
      const added = isTorn ? files.write(fd, newline, 0, 1) : 0;
      this.#open = { fd, device, inode };
      this.#openedMs = this.#parts.clock.monotonicMs();
      return bytes + added;
    } catch (error) {
      files.close(fd);
      throw error;
    }
  }

  #openOrCreate(): number {
    const { files, config } = this.#parts;
    try {
      return files.create(config.file, config.mode);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      return files.openExisting(config.file);
    }
  }

  /** Appends the lines up to `to` to the open file, which has so many bytes. */
  #append(lines: LineBatch, to: number, bytes: number): void {
    const { files } = this.#parts;
    const { fd } = this.#open as OpenFile;
    const start = lines.endOf(lines.next - 1);
    const end = lines.endOf(to - 1);
    let at = start;
    try {
      while (at < end) {
        const written = files.write(fd, lines.bytes, at, end - at);
        if (written === 0) throw new Error("nothing could be written");
        at += written;
      }
      lines.next = to;
    } catch (error) {
      while (lines.endOf(lines.next) <= at) lines.next++;
      const whole = lines.endOf(lines.next - 1);
      if (at > whole) this.#cutBack(bytes + whole - start, bytes + at - start);
      this.#abandon();
      throw error;
    }
  }

  /** Takes away half a line. Where that fails, the next line will begin on a new one. */
  #cutBack(toBytes: number, fromBytes: number): void {
    const { files } = this.#parts;
    const { fd } = this.#open as OpenFile;
    try {
      // Somebody else's lines behind it are not ours to take.
      if (files.fstat(fd).bytes === fromBytes) files.truncate(fd, toBytes);
    } catch {}
  }

  /** After an error the file is opened again, which also finds what was left of a line. */
  #abandon(): void {
    try {
      this.close();
    } catch {}
  }

  #isOld(): boolean {
    const { rotationIntervalMs } = this.#parts.config;
    if (rotationIntervalMs === undefined || this.#open === undefined) return false;
    return this.#parts.clock.monotonicMs() - this.#openedMs >= rotationIntervalMs;
  }

  /** @returns whether the next `#ready` finds a new file. */
  #rotate(): boolean {
    const { files, clock, config } = this.#parts;
    if (clock.monotonicMs() < this.#rotateNotBeforeMs) return false;
    try {
      files.rename(config.file, this.#backups.nextPath(clock.wallMs()));
    } catch (error) {
      this.#rotateNotBeforeMs = clock.monotonicMs() + rotateAgainMs;
      this.#parts.onRotationFailed(error as Error);
      return false;
    }
    this.#abandon();
    this.#parts.onRotated();
    return true;
  }
}

const newline = Uint8Array.of(0x0a);
const rotateAgainMs = 30_000;
