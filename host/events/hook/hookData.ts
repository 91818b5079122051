import type { HookFields } from "./hookFields.js";

/** What was passed to a call, as the kernel wrote it: arguments, return value, stacks. Never changed. */
export interface HookData {
  readonly fields: HookFields;
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Where the arguments begin and end in `bytes`. */
  readonly start: number;
  readonly end: number;
}

const slabBytes = 64 * 1024;
/** What is longer gets memory of its own. */
const largestInSlab = slabBytes / 8;

/**
 * Keeps what must outlive the ring: many records share a piece of memory, which goes when the last
 * of their events does.
 */
export class HookDataKeeper {
  #bytes = Buffer.alloc(0);
  #view = new DataView(this.#bytes.buffer, 0, 0);
  #used = 0;

  constructor(readonly fields: HookFields) {}

  /** Copies `size` bytes at `offset`; what kernel programs write is 8-aligned, and stays so. */
  keep(bytes: Uint8Array, offset: number, size: number): HookData {
    const start = this.#take(size);
    const kept = { fields: this.fields, bytes: this.#bytes, view: this.#view };
    this.#bytes.set(bytes.subarray(offset, offset + size), start);
    return { ...kept, start, end: start + size };
  }

  #take(size: number): number {
    const start = this.#used;
    if (start + size <= this.#bytes.length) {
      this.#used = (start + size + 7) & ~7;
      return start;
    }
    const capacity = size > largestInSlab ? size : slabBytes;
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
    this.#view = new DataView(this.#bytes.buffer);
    this.#used = (size + 7) & ~7;
    return 0;
  }
}
