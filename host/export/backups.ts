import path from "node:path";
import type { Files } from "./files.js";

/** A rotated file. */
export interface Backup {
  readonly path: string;
  /** When it was rotated, ms since 1970. */
  readonly stampMs: number;
  readonly isCompressed: boolean;
}

/** The ending of a file that is being compressed. */
export const unfinished = ".gz.tmp";

/** The rotated files beside a file, as `NAME-2026-01-31T12-00-00.123.EXT`, with `.gz` if compressed. */
export class Backups {
  readonly #folder: string;
  readonly #start: string;
  readonly #end: string;
  #lastStampMs = 0;

  constructor(
    file: string,
    private readonly files: Files,
  ) {
    const { dir, name, ext } = path.parse(file);
    this.#folder = dir || ".";
    this.#start = `${name}-`;
    this.#end = ext;
  }

  /**
   * A name that is free. Names sort in the order of rotation, even when the clock is set back or
   * two rotations come within a millisecond.
   */
  nextPath(wallMs: number): string {
    const newest = this.list().at(-1)?.stampMs ?? 0;
    this.#lastStampMs = Math.max(wallMs, newest + 1, this.#lastStampMs + 1);
    return path.join(this.#folder, this.#start + stampText(this.#lastStampMs) + this.#end);
  }

  /** Oldest first. Files of other names are not looked at. */
  list(): Backup[] {
    const found: Backup[] = [];
    for (const name of this.files.list(this.#folder)) {
      const isCompressed = name.endsWith(".gz");
      const stampMs = this.#stampOf(isCompressed ? name.slice(0, -".gz".length) : name);
      if (stampMs === undefined) continue;
      found.push({ path: path.join(this.#folder, name), stampMs, isCompressed });
    }
    return found.sort(
      (a, b) => a.stampMs - b.stampMs || Number(a.isCompressed) - Number(b.isCompressed),
    );
  }

  /** Removes all but the newest `most`; 0 keeps all. */
  prune(most: number): void {
    if (most === 0) return;
    const all = this.list();
    const stamps = [...new Set(all.map(({ stampMs }) => stampMs))];
    const kept = new Set(stamps.slice(-most));
    for (const { path: old, stampMs } of all) if (!kept.has(stampMs)) this.files.remove(old);
  }

  /** Removes what a daemon that was killed left half done. */
  removeUnfinished(): void {
    for (const name of this.files.list(this.#folder)) {
      if (!name.endsWith(unfinished)) continue;
      if (this.#stampOf(name.slice(0, -unfinished.length)) !== undefined)
        this.files.remove(path.join(this.#folder, name));
    }
  }

  #stampOf(name: string): number | undefined {
    if (!name.startsWith(this.#start) || !name.endsWith(this.#end)) return undefined;
    const text = name.slice(this.#start.length, name.length - this.#end.length);
    const match = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(text);
    if (match === null) return undefined;
    const stampMs = Date.parse(`${match[1]}${match[2]}:${match[3]}:${match[4]}Z`);
    // The 31st of February is nobody's.
    return !Number.isNaN(stampMs) && stampText(stampMs) === text ? stampMs : undefined;
  }
}

function stampText(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1).replaceAll(":", "-");
}
