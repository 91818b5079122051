import { pageSize } from "../native/libc.js";
import { MappedMemory } from "../native/memory.js";

/**
 * The pages of a kernel ring buffer: ours (the consumer position, writable), the kernel's (the
 * producer position) and the data, which is mapped twice in a row, so that a record that wraps
 * around the end is contiguous all the same.
 */
export class RingMemory {
  readonly #memory: MappedMemory;
  /** The data, twice. The kernel maps it read-only: a write would end the process. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The data as 32-bit words, for record headers. */
  readonly words: Int32Array;
  readonly consumer: BigInt64Array;
  readonly producer: BigInt64Array;
  /** Low word of the producer position. */
  readonly producerLow: Int32Array;

  constructor(what: string, fd: number, dataBytes: number) {
    const page = pageSize();
    const memory = new MappedMemory(what, 2 * page + 2 * dataBytes);
    try {
      memory.map({ fd, fileOffset: 0, at: 0, size: page, writable: true });
      const size = page + 2 * dataBytes;
      memory.map({ fd, fileOffset: page, at: page, size, writable: false });
    } catch (error) {
      memory.release();
      throw error;
    }
    this.#memory = memory;
    const { buffer } = memory;
    this.bytes = new Uint8Array(buffer, 2 * page, 2 * dataBytes);
    this.view = new DataView(buffer, 2 * page, 2 * dataBytes);
    this.words = new Int32Array(buffer, 2 * page, dataBytes / 4);
    this.consumer = new BigInt64Array(buffer, 0, 1);
    this.producer = new BigInt64Array(buffer, page, 1);
    this.producerLow = new Int32Array(buffer, page, 1);
  }

  /** From now on all views of it have length 0. Twice does no harm. */
  release(): void {
    this.#memory.release();
  }
}
