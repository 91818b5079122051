import { BpfError, ClosedError } from "../errors.js";
import { mapInfo } from "../maps/info.js";
import { MapType } from "../maps/types.js";
import { Handle } from "../native/handle.js";
import { RingBatch, type RingRecord } from "./batch.js";
import { RingMemory } from "./memory.js";
import { type Readiness, Waiter, type Wakeup } from "./waiter.js";

const BUSY = 1 << 31;
const DISCARD = 1 << 30;
const LENGTH = 0x3fff_ffff;
const HEADER = 8;

/** Something with a map's file descriptor, or the descriptor itself. */
export type MapSource = number | { readonly fd: number };

/**
 * Reader of a `BPF_MAP_TYPE_RINGBUF` map, without copying: records are looked at where the kernel
 * wrote them. One reader a map. Records go back to the kernel in order, after they were visited.
 */
export class RingBuffer {
  readonly #handle: Handle;
  readonly #memory: RingMemory;
  readonly #waiter: Waiter;
  readonly #mask: number;
  /** Bytes after which records are handed back while a batch goes on. */
  readonly #commitBytes: number;
  #position: number;
  #committed: number;
  #discarded = 0;
  #reading = false;
  #closed = false;
  #recordOffset = 0;
  #recordSize = 0;

  /** Takes a duplicate of the descriptor, so it works in any thread and outlives the map's own handle. */
  constructor(map: MapSource) {
    const fd = typeof map === "number" ? map : map.fd;
    this.#handle = Handle.duplicate("the ring buffer", fd);
    try {
      const info = mapInfo(this.#handle.fd);
      if (info.type !== MapType.RINGBUF) {
        throw new BpfError(
          `map "${info.name}" is no ring buffer: its type is ${info.typeName}, it must be ringbuf`,
          { code: "WRONG_KIND" },
        );
      }
      this.sizeBytes = info.maxEntries;
      this.#memory = new RingMemory(`ring buffer "${info.name}"`, this.#handle.fd, info.maxEntries);
    } catch (error) {
      this.#handle.close();
      throw error;
    }
    this.#mask = this.sizeBytes - 1;
    this.#commitBytes = this.sizeBytes / 16;
    this.#position = Number(Atomics.load(this.#memory.consumer, 0));
    this.#committed = this.#position;
    this.#waiter = new Waiter(this.#handle.fd, () => this.#readiness());
  }

  /** Bytes of the data area. */
  readonly sizeBytes: number;

  /**
   * The data area twice in a row; `offset` of a record counts from its start. Of a large ring only
   * what is near the record that is visited is there. Read-only: the kernel maps these pages so, and
   * a write ends the process. Length 0 after `close()`.
   */
  get bytes(): Uint8Array {
    return this.#memory.bytes;
  }

  /** The same memory as `bytes`. Throws on access after `close()`. */
  get view(): DataView {
    return this.#memory.view;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Records the kernel programs reserved and then discarded, skipped so far. */
  get discarded(): number {
    return this.#discarded;
  }

  /** Bytes in the ring that were not visited yet, headers and records still being written included. */
  available(): number {
    this.#assertOpen();
    return Number(Atomics.load(this.#memory.producer, 0)) - this.#position;
  }

  /**
   * Visits at most `maxRecords` records that are there already, oldest first, and returns how many.
   * `offset` and `size` in bytes, within `bytes` and `view`; the memory is the record's until the
   * visitor returns. A visitor that throws has taken its record. It may close the ring: that ends
   * the call. Never waits, allocates nothing per record.
   */
  drain(maxRecords: number, visit: (offset: number, size: number) => void): number {
    this.#begin();
    let count = 0;
    try {
      while (count < maxRecords && this.#take()) {
        count++;
        visit(this.#recordOffset, this.#recordSize);
        if (this.#closed) break;
      }
    } finally {
      this.#end();
    }
    return count;
  }

  /**
   * The same as an iterable: at most `maxRecords` records. The record object is the same one each
   * time, and its memory is its own until the next one is asked for.
   */
  batch(maxRecords: number): Iterable<RingRecord> {
    this.#assertOpen();
    return new RingBatch(maxRecords, {
      bytes: this.#memory.bytes,
      view: this.#memory.view,
      begin: () => this.#begin(),
      end: () => this.#end(),
      next: (record) => {
        if (this.#closed || !this.#take()) return false;
        record.offset = this.#recordOffset;
        record.size = this.#recordSize;
        return true;
      },
    });
  }

  /**
   * Resolves to `ready` once there is a record to read, to `timeout` after `timeoutMs` (omitted:
   * never), to `closed` when the ring is closed meanwhile. Lets the event loop turn at least once.
   */
  wait(timeoutMs = Number.POSITIVE_INFINITY): Promise<Wakeup> {
    if (!this.#closed && !this.#reading) this.#commit();
    return this.#waiter.wait(timeoutMs);
  }

  /** Detaches `bytes` and `view`, ends pending waits. Records not visited stay in the ring. Twice does no harm. */
  close(): void {
    if (this.#closed) return;
    this.#commit();
    this.#closed = true;
    this.#waiter.close();
    this.#memory.release();
    this.#handle.close();
  }

  /** Steps to the next complete record; false if there is none. */
  #take(): boolean {
    const memory = this.#memory;
    const { words, producerLow } = memory;
    if (this.#position - this.#committed >= this.#commitBytes) this.#commit();
    while ((this.#position | 0) !== Atomics.load(producerLow, 0)) {
      const offset = this.#position & this.#mask;
      if (offset < memory.from || offset + HEADER > memory.to) memory.reach(offset, HEADER);
      const word = Atomics.load(words, offset >> 2);
      if (word & BUSY) return false;
      const size = word & LENGTH;
      if (offset + HEADER + size > memory.to) memory.reach(offset, HEADER + size);
      this.#position += (size + HEADER + 7) & ~7;
      if ((word & DISCARD) === 0) {
        this.#recordOffset = offset + HEADER;
        this.#recordSize = size;
        return true;
      }
      this.#discarded++;
    }
    return false;
  }

  #readiness(): Readiness {
    const memory = this.#memory;
    const { words, producerLow } = memory;
    if ((this.#position | 0) === Atomics.load(producerLow, 0)) return "empty";
    const offset = this.#position & this.#mask;
    if (offset < memory.from || offset + HEADER > memory.to) memory.reach(offset, HEADER);
    const word = Atomics.load(words, offset >> 2);
    return word & BUSY ? "busy" : "ready";
  }

  /** Hands the visited records back to the kernel. */
  #commit(): void {
    if (this.#position === this.#committed) return;
    // Sequentially consistent: the kernel must see it before our next look at the producer, or it
    // could commit a record without a wake-up that we do not see either.
    Atomics.store(this.#memory.consumer, 0, BigInt(this.#position));
    this.#committed = this.#position;
  }

  #begin(): void {
    this.#assertOpen();
    if (this.#reading) {
      throw new BpfError("the ring buffer is being read already: finish that batch first", {
        code: "BUSY",
      });
    }
    this.#reading = true;
  }

  #end(): void {
    this.#reading = false;
    if (!this.#closed) this.#commit();
  }

  #assertOpen(): void {
    if (this.#closed) throw new ClosedError("the ring buffer");
  }
}
