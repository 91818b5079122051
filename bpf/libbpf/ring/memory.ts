import { pageSize } from "../native/libc.js";
import { MappedMemory } from "../native/memory.js";

/** A ring up to this size is mapped as a whole. */
const wholeBytes = 4 << 20;
/** Of a larger one so much is mapped, or let go of, at a time. */
const windowBytes = 1 << 20;

/**
 * The pages of a kernel ring buffer: ours (the consumer position, writable), the kernel's (the
 * producer position) and the data, which lies there twice in a row, so that a record that wraps
 * around the end is contiguous all the same.
 *
 * Mapped pages count as memory of this process, those of the data twice. So of a large ring only the
 * neighbourhood of the record that is read is mapped, and moves along with `reach()`: the addresses
 * are as if all of it were. Elsewhere there are zeros.
 */
export class RingMemory {
  readonly #memory: MappedMemory;
  readonly #fd: number;
  readonly #page = pageSize();
  readonly #dataBytes: number;
  /** The data, twice. The kernel maps it read-only: a write would end the process. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The data as 32-bit words, for record headers. */
  readonly words: Int32Array;
  readonly consumer: BigInt64Array;
  readonly producer: BigInt64Array;
  /** Low word of the producer position. */
  readonly producerLow: Int32Array;
  /** What is mapped of `bytes`. */
  from = 0;
  to = 0;

  constructor(what: string, fd: number, dataBytes: number) {
    const page = this.#page;
    const memory = new MappedMemory(what, 2 * page + 2 * dataBytes);
    this.#memory = memory;
    this.#fd = fd;
    this.#dataBytes = dataBytes;
    try {
      memory.map({ fd, fileOffset: 0, at: 0, size: page, writable: true });
      memory.map({ fd, fileOffset: page, at: page, size: page, writable: false });
      if (dataBytes <= wholeBytes) this.#map(0, 2 * dataBytes);
    } catch (error) {
      memory.release();
      throw error;
    }
    const { buffer } = memory;
    this.bytes = new Uint8Array(buffer, 2 * page, 2 * dataBytes);
    this.view = new DataView(buffer, 2 * page, 2 * dataBytes);
    this.words = new Int32Array(buffer, 2 * page, dataBytes / 4);
    this.consumer = new BigInt64Array(buffer, 0, 1);
    this.producer = new BigInt64Array(buffer, page, 1);
    this.producerLow = new Int32Array(buffer, page, 1);
  }

  /**
   * Has so many bytes at `offset` of `bytes` mapped; what lies before them need not be any more. To be
   * called when they are not within `from` and `to`.
   */
  reach(offset: number, size: number): void {
    const start = offset - (offset % windowBytes);
    const end = offset + size;
    const last = end - (end % windowBytes) + windowBytes;
    const stop = Math.min(last, 2 * this.#dataBytes);
    if (start < this.from || start > this.to) {
      this.#clear(this.from, this.to);
      this.from = start;
      this.to = start;
    }
    // What is there already stays: these are the pages that are read next.
    this.#map(this.to, stop);
    this.#clear(this.from, start);
    this.from = start;
  }

  /** From now on all views of it have length 0. Twice does no harm. */
  release(): void {
    this.#memory.release();
  }

  #map(from: number, to: number): void {
    if (from < to) {
      const at = 2 * this.#page + from;
      this.#memory.map({ fd: this.#fd, fileOffset: at, at, size: to - from, writable: false });
    }
    this.to = to;
  }

  #clear(from: number, to: number): void {
    if (from < to) this.#memory.clear(2 * this.#page + from, to - from);
  }
}
