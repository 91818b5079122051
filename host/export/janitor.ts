import { createReadStream, createWriteStream } from "node:fs";
import { chmod, rename, stat, unlink } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { Backups, unfinished } from "./backups.js";
import { type Files, realFiles } from "./files.js";

export interface JanitorOptions {
  readonly file: string;
  readonly maxBackups: number;
  readonly compress: boolean;
  /** Told what could not be done; it is tried again after the next rotation. */
  readonly onTrouble: (error: Error) => void;
  readonly files?: Files;
}

/**
 * Looks after rotated files beside the writing: removes the oldest, compresses the others. A file
 * is there under one of its two names until it is there under the other.
 */
export class Janitor {
  readonly #options: JanitorOptions;
  readonly #files: Files;
  readonly #backups: Backups;
  readonly #stop = new AbortController();
  #working: Promise<void> | undefined;
  #isAsked = false;

  constructor(options: JanitorOptions) {
    this.#options = options;
    this.#files = options.files ?? realFiles;
    this.#backups = new Backups(options.file, this.#files);
  }

  /** Call it at the start and after each rotation; returns at once. */
  tidy(): void {
    this.#isAsked = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /** Resolves when there is nothing to do any more. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working;
  }

  /** Breaks off what is under way, leaving no half-made file. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.idle();
  }

  async #work(): Promise<void> {
    try {
      this.#removeDone();
      while (this.#isAsked && !this.#stop.signal.aborted) {
        this.#isAsked = false;
        this.#backups.prune(this.#options.maxBackups);
        const next =
          this.#options.compress && this.#backups.list().find((one) => !one.isCompressed);
        if (!next) continue;
        // Before the next one there may be something to remove again.
        this.#isAsked = true;
        await this.#compress(next.path);
      }
    } catch (error) {
      this.#isAsked = false;
      if (!this.#stop.signal.aborted) this.#options.onTrouble(error as Error);
    }
  }

  /** What a daemon that was killed left: half a compressed file, or a whole one beside its original. */
  #removeDone(): void {
    this.#backups.removeUnfinished();
    const all = this.#backups.list();
    const done = new Set(all.filter((one) => one.isCompressed).map(({ stampMs }) => stampMs));
    for (const { path, stampMs, isCompressed } of all)
      if (!isCompressed && done.has(stampMs)) this.#files.remove(path);
  }

  async #compress(path: string): Promise<void> {
    const making = path + unfinished;
    const { signal } = this.#stop;
    try {
      const { mode } = await stat(path);
      const into = createWriteStream(making, { mode: 0o600, flush: true });
      await pipeline(createReadStream(path), createGzip(), into, { signal });
      await chmod(making, mode & 0o777);
      await rename(making, `${path}.gz`);
      await unlink(path);
    } catch (error) {
      await unlink(making).catch(() => {});
      throw error;
    }
  }
}
