import { type CachedProcess, release } from "./process.js";

/** A full cache is no time for long walks. */
const mostPassedOver = 32;

/**
 * The processes that live, by pid, one instance each. A process that ended stays reachable through
 * the events and children that name it, and goes with the last of them.
 */
export class ProcessCache {
  readonly #live = new Map<number, CachedProcess>();
  /** Look-ups of a process that was not there. */
  misses = 0;
  /** Live processes pushed out because the cache was full. */
  evictions = 0;

  /** @param capacity most live processes held; one without living children goes when one more comes. */
  constructor(readonly capacity: number) {}

  get size(): number {
    return this.#live.size;
  }

  /** The processes that live. */
  get live(): Iterable<CachedProcess> {
    return this.#live.values();
  }

  /** The instance of `pid` that lives, whatever its key. */
  current(pid: number): CachedProcess | undefined {
    return this.#live.get(pid);
  }

  /**
   * The instance (pid, keyNs): the living one, or one that it replaced. Counts a miss when it is
   * not there.
   */
  find(pid: number, keyNs: bigint): CachedProcess | undefined {
    const current = this.#live.get(pid);
    for (let p = current; p && p.pid === pid; p = p.parent) if (p.keyNs === keyNs) return p;
    this.misses++;
    return undefined;
  }

  /**
   * Makes `process` the living instance of its pid. Who was that has been replaced by an exec, or has
   * ended unseen.
   */
  set(process: CachedProcess): void {
    const before = this.#live.get(process.pid);
    if (before && before !== process) release(before);
    // Deleting first moves a reused pid to the young end. Not before there is a need: who execs again
    // and again would make the map slow with what was deleted.
    if (2 * this.#live.size > this.capacity) this.#live.delete(process.pid);
    this.#live.set(process.pid, process);
    if (this.#live.size <= this.capacity) return;
    this.#evictOne();
  }

  /**
   * The oldest goes first, but one whose children live would be missed by them: it is passed over,
   * and moved to the young end so that the next look does not begin with it again.
   */
  #evictOne(): void {
    for (let passed = 0; ; passed++) {
      const [oldest] = this.#live.values();
      if (!oldest) return;
      this.#live.delete(oldest.pid);
      if (oldest.references <= 1 || passed === mostPassedOver) {
        // Its end will not find it: its parent would be held for a child that nobody knows.
        release(oldest);
        this.evictions++;
        return;
      }
      this.#live.set(oldest.pid, oldest);
    }
  }

  /** The instance ended: it no longer counts for itself, nor for its parent. */
  end(process: CachedProcess): void {
    release(process);
    this.delete(process);
  }

  /** Forgets `process` if it is still the living instance of its pid. */
  delete(process: CachedProcess): void {
    if (this.#live.get(process.pid) === process) this.#live.delete(process.pid);
  }
}
