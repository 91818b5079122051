import type { Frames } from "../pipeline/port.js";
import { eventsFrom, type Loss, noLoss, withLoss } from "./loss.js";

/** How much may wait for one client. */
export interface QueueLimits {
  readonly events: number;
  /** Of the buffers that waiting events keep in memory. Buffers are shared between streams. */
  readonly bytes: number;
}

/** About the memory that 10,000 events of 1.6 kB take; events with very long arguments fill it sooner. */
export const defaultQueueLimits: QueueLimits = { events: 10_000, bytes: 16 * 1024 * 1024 };

/** With room in memory for so many events, and never less than by default. */
export function queueLimits(events: number): QueueLimits {
  const { bytes, events: byDefault } = defaultQueueLimits;
  return { events, bytes: Math.max(bytes, Math.ceil((bytes / byDefault) * events)) };
}

/** Whole framed messages, back to back. */
export interface Run {
  readonly bytes: Buffer;
  readonly count: number;
}

/** What is left of a shared buffer, and what was lost before the first message of it. */
interface Waiting {
  readonly bytes: Buffer;
  offset: number;
  left: number;
  /** Whether the last of `left` is the last of the buffer. */
  readonly isWhole: boolean;
  loss: Loss | undefined;
}

const prefixBytes = 5;

/**
 * What waits for one client: bounded, and counted where it overflows. Buffers are kept as they came,
 * and handed on in pieces of many messages, without copying.
 */
export class EventQueue {
  /** Events taken so far. */
  taken = 0;
  /** Events lost so far. */
  readonly lost: Loss = noLoss();
  #runs: (Waiting | undefined)[] = [];
  #first = 0;
  #events = 0;
  #bytes = 0;
  #pending: Loss | undefined;

  constructor(readonly limits: QueueLimits) {}

  /** Events that wait. */
  get length(): number {
    return this.#events;
  }

  /** Bytes of the buffers that waiting events keep in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Queues what fits. The rest is lost, and the next event that fits will say so. */
  push(frames: Frames): void {
    const { bytes, count, lostRing, lostAggregation = 0 } = frames;
    if (lostRing > 0) this.#lose("ring", lostRing);
    if (lostAggregation > 0) this.#lose("aggregation", lostAggregation);
    if (count === 0) return;
    const room = this.#events === 0 || this.#bytes + bytes.length <= this.limits.bytes;
    const left = room ? Math.min(count, this.limits.events - this.#events) : 0;
    if (left > 0) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const loss = this.#pending;
      this.#runs.push({ bytes: buffer, offset: 0, left, isWhole: left === count, loss });
      this.#pending = undefined;
      this.#events += left;
      this.#bytes += bytes.length;
    }
    if (left < count) this.#lose("slowClient", eventsFrom(frames, left));
  }

  /**
   * The next messages, framed, as many of one buffer as fit into `mostBytes` but at least one;
   * undefined: nothing waits. The first says what was lost before it.
   */
  take(mostBytes: number): Run | undefined {
    const run = this.#runs[this.#first];
    if (run === undefined) return undefined;
    const { loss } = run;
    run.loss = undefined;
    const taken = cut(run, loss === undefined ? mostBytes : 0);
    this.#events -= taken.count;
    this.taken += taken.count;
    if (run.left === 0) this.#shift(run);
    return loss === undefined ? taken : { bytes: withLoss(taken.bytes, loss), count: taken.count };
  }

  /** Lets go of everything that waits. */
  clear(): void {
    this.#runs = [];
    this.#first = 0;
    this.#events = 0;
    this.#bytes = 0;
  }

  #lose(place: keyof Loss, count: number): void {
    this.lost[place] += count;
    this.#pending ??= noLoss();
    this.#pending[place] += count;
  }

  #shift(run: Waiting): void {
    this.#bytes -= run.bytes.length;
    this.#runs[this.#first++] = undefined;
    // Array.shift() for each run would move all the others each time.
    if (this.#first * 2 >= this.#runs.length) {
      this.#runs = this.#runs.slice(this.#first);
      this.#first = 0;
    }
  }
}

/** Takes whole messages off the front. */
function cut(run: Waiting, mostBytes: number): Run {
  const { bytes, offset, left } = run;
  if (run.isWhole && bytes.length - offset <= mostBytes) {
    run.offset = bytes.length;
    run.left = 0;
  } else
    do {
      run.offset = endOfFrame(bytes, run.offset);
      run.left--;
    } while (run.left > 0 && endOfFrame(bytes, run.offset) - offset <= mostBytes);
  return { bytes: bytes.subarray(offset, run.offset), count: left - run.left };
}

function endOfFrame(bytes: Buffer, at: number): number {
  return at + prefixBytes + bytes.readUInt32BE(at + 1);
}
