import type { Event } from "../events/model.js";
import type { Entry } from "./entry.js";

/** An event that waits for the pods of at most two containers: its process' and its parent's. */
interface Held {
  readonly event: Event;
  readonly order: number;
  readonly bytes: number;
  readonly of: readonly Entry[];
}

/** Events that may not overtake one another: those of one container, or of several that have to do with each other. */
export class HeldQueue {
  items: Held[] = [];
  bytes = 0;
  readonly entries = new Set<Entry>();
  /** Processes with an event in it: their later events come behind it, wherever they run by then. */
  readonly pids = new Set<number>();
}

/**
 * Events that wait for the pod of their container. Each container has a queue of its own, so one that
 * is slow to be known delays no other; an event that names two containers makes their queues one. In
 * a queue events leave in the order in which they came, so those of a process never change places.
 */
export class HeldQueues {
  readonly #queues = new Set<HeldQueue>();
  readonly #byPid = new Map<number, HeldQueue>();
  #order = 0;
  count = 0;
  bytes = 0;

  /** The queue behind which an event of this process has to go, whatever container it is in. */
  ofPid(pid: number): HeldQueue | undefined {
    return this.#byPid.size === 0 ? undefined : this.#byPid.get(pid);
  }

  /** The one with most to give. */
  get largest(): HeldQueue | undefined {
    let largest: HeldQueue | undefined;
    for (const queue of this.#queues) if (queue.bytes > (largest?.bytes ?? -1)) largest = queue;
    return largest;
  }

  /** @param behind a queue that it must join, as `ofPid` told */
  add(event: Event, bytes: number, of: readonly Entry[], behind: HeldQueue | undefined): void {
    const queue = this.#join([behind, ...of.map((entry) => entry.queue)]);
    for (const entry of of) this.#assign(queue, entry);
    this.#assignPid(queue, event.process.pid);
    queue.items.push({ event, order: this.#order++, bytes, of });
    queue.bytes += bytes;
    this.count++;
    this.bytes += bytes;
  }

  /** Takes out, from the front, what no longer waits for anything. */
  *drain(queue: HeldQueue): Generator<Held> {
    let taken = 0;
    try {
      for (const held of queue.items) {
        if (held.of.some((entry) => entry.waiting)) return;
        taken++;
        queue.bytes -= held.bytes;
        this.count--;
        this.bytes -= held.bytes;
        yield held;
      }
    } finally {
      queue.items.splice(0, taken);
      if (queue.items.length === 0) this.#remove(queue);
    }
  }

  #join(parts: readonly (HeldQueue | undefined)[]): HeldQueue {
    const queues = [...new Set(parts.filter((queue) => queue !== undefined))];
    const [first = new HeldQueue(), ...others] = queues;
    this.#queues.add(first);
    for (const other of others) {
      first.items = [...first.items, ...other.items].sort((a, b) => a.order - b.order);
      first.bytes += other.bytes;
      for (const entry of other.entries) this.#assign(first, entry);
      for (const pid of other.pids) this.#assignPid(first, pid);
      this.#queues.delete(other);
    }
    return first;
  }

  #assign(queue: HeldQueue, entry: Entry): void {
    queue.entries.add(entry);
    entry.queue = queue;
  }

  #assignPid(queue: HeldQueue, pid: number): void {
    queue.pids.add(pid);
    this.#byPid.set(pid, queue);
  }

  #remove(queue: HeldQueue): void {
    this.#queues.delete(queue);
    for (const entry of queue.entries) entry.queue = undefined;
    for (const pid of queue.pids) this.#byPid.delete(pid);
  }
}
