import type { CachedProcess } from "./process.js";
import type { ProcessCache } from "./processCache.js";

export interface CacheSweepOptions {
  readonly cache: ProcessCache;
  /** `Source.hasEnded` */
  readonly hasEnded: (pid: number, keyNs: bigint) => boolean;
  /** Time between two walks through the cache. Default 10,000. */
  readonly everyMs?: number;
}

/**
 * Takes processes out of the cache that have ended although no record said so: theirs was lost. A
 * process is looked at twice, a walk apart, and everything in the ring must have been read in between:
 * the record may just not have been read yet. Costs one look into the kernel's table for each
 * process and walk, some at a time.
 */
export class CacheSweep {
  readonly #options: Required<CacheSweepOptions>;
  #walk: Iterator<CachedProcess> | undefined;
  #walkMs = Number.NEGATIVE_INFINITY;
  /** Ended by the look of this walk, and of the one before; with how often the ring was empty by then. */
  #suspects = new Map<CachedProcess, number>();
  #suspectsBefore = new Map<CachedProcess, number>();
  #timesDrained = 0;
  /** Processes taken out since start. */
  swept = 0;

  constructor(options: CacheSweepOptions) {
    this.#options = { everyMs: 10_000, ...options };
  }

  /** Nothing was left to read. */
  drained(): void {
    this.#timesDrained++;
  }

  /** To be called often; does something now and then. @param nowMs of a clock that never jumps */
  step(nowMs: number): void {
    const { cache, everyMs } = this.#options;
    if (!this.#walk) {
      if (nowMs - this.#walkMs < everyMs) return;
      this.#walkMs = nowMs;
      this.#suspectsBefore = this.#suspects;
      this.#suspects = new Map();
      this.#walk = cache.live[Symbol.iterator]();
    }
    for (let i = 0; i < stepProcesses; i++) {
      const next = this.#walk.next();
      if (next.done) {
        this.#walk = undefined;
        return;
      }
      this.#look(next.value);
    }
  }

  #look(process: CachedProcess): void {
    const { cache, hasEnded } = this.#options;
    if (!hasEnded(process.pid, process.keyNs)) return;
    const drainedBefore = this.#suspectsBefore.get(process);
    if (drainedBefore === undefined || drainedBefore === this.#timesDrained) {
      this.#suspects.set(process, drainedBefore ?? this.#timesDrained);
      return;
    }
    cache.end(process);
    this.swept++;
  }
}

const stepProcesses = 256;
