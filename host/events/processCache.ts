import type { CachedProcess } from "./process.js";

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

  /** @param capacity most live processes held; the one that started first goes when one more comes. */
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

  /** Makes `process` the living instance of its pid. */
  set(process: CachedProcess): void {
    // Deleting first moves a reused pid to the young end.
    this.#live.delete(process.pid);
    this.#live.set(process.pid, process);
    if (this.#live.size <= this.capacity) return;
    const [oldest] = this.#live.keys();
    this.#live.delete(oldest as number);
    this.evictions++;
  }

  /** Forgets `process` if it is still the living instance of its pid. */
  delete(process: CachedProcess): void {
    if (this.#live.get(process.pid) === process) this.#live.delete(process.pid);
  }
}
