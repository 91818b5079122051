/**
 * Takes processes out of the kernel's table whose end no program saw: a run of a program can be
 * missed. Such an entry would fill the table, and give its name to whoever gets the pid next.
 */
import { startKeyNs } from "./procScanFiles.js";
import { livingStat } from "./procScanProcess.js";
import type { Key } from "./recordWriter.js";

export interface SweptTable {
  entries(): Iterable<Key>;
  keyNsOf(pid: number): bigint | undefined;
  remove(pid: number): void;
}

export interface TableSweepOptions {
  readonly table: SweptTable;
  /** `/proc` if not given. */
  readonly procPath?: string;
  /** Time between two walks through the table. Default 30,000. */
  readonly everyMs?: number;
  /** Entries looked at in a step. Default 64. */
  readonly stepEntries?: number;
}

/** A step takes a fraction of a millisecond; a walk takes as many as there are entries for. */
export class TableSweep {
  readonly #options: Required<TableSweepOptions>;
  #walk: Iterator<Key> | undefined;
  #walkMs = Number.NEGATIVE_INFINITY;
  #stepMs = Number.NEGATIVE_INFINITY;
  /** Names of those that had ended by this walk and by the one before. */
  #suspects = new Map<number, bigint>();
  #suspectsBefore = new Map<number, bigint>();
  /** Entries taken out since start. */
  removed = 0;

  constructor(options: TableSweepOptions) {
    this.#options = { procPath: "/proc", everyMs: 30_000, stepEntries: 64, ...options };
  }

  /** To be called often; does something now and then. @param nowMs of a clock that never jumps */
  step(nowMs: number): void {
    const { table, everyMs, stepEntries } = this.#options;
    if (!this.#walk) {
      if (nowMs - this.#walkMs < everyMs) return;
      this.#walkMs = nowMs;
      this.#suspectsBefore = this.#suspects;
      this.#suspects = new Map();
      this.#walk = table.entries()[Symbol.iterator]();
    } else if (nowMs - this.#stepMs < betweenStepsMs) return;
    this.#stepMs = nowMs;
    for (let i = 0; i < stepEntries; i++) {
      const next = this.#walk.next();
      if (next.done) {
        this.#walk = undefined;
        return;
      }
      this.#look(next.value);
    }
  }

  /**
   * Twice, a walk apart: one that is about to end has no thread left alive a little before the
   * kernel takes it out itself.
   */
  #look({ pid, keyNs }: Key): void {
    const { table, procPath } = this.#options;
    if (!hasEnded(procPath, pid, keyNs) || table.keyNsOf(pid) !== keyNs) return;
    if (this.#suspectsBefore.get(pid) !== keyNs) {
      this.#suspects.set(pid, keyNs);
      return;
    }
    table.remove(pid);
    this.removed++;
  }
}

const betweenStepsMs = 100;

/** No such process, or only its remains, or another one that got its pid. */
export function hasEnded(procPath: string, pid: number, keyNs: bigint): boolean {
  const stat = livingStat(`${procPath}/${pid}`);
  return stat === undefined || startKeyNs(stat) > keyNs;
}
