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

/** Short as most are, words one by one are faster than what copies memory of any kind and size. */
function copy(from: DataView, offset: number, size: number, to: DataView, start: number): void {
  if (size > longestByWords) {
    const source = new Uint8Array(from.buffer, from.byteOffset + offset, size);
    new Uint8Array(to.buffer, start, size).set(source);
    return;
  }
  let at = 0;
  for (; at + 4 <= size; at += 4) to.setInt32(start + at, from.getInt32(offset + at, true), true);
  for (; at < size; at++) to.setUint8(start + at, from.getUint8(offset + at));
}

const longestByWords = 512;
const slabBytes = 64 * 1024;
/** What is longer gets memory of its own. */
const largestInSlab = slabBytes / 8;

/**
 * Keeps what must outlive the ring: many records share a piece of memory, which goes when the last
 * of their events does.
 */
export class HookDataKeeper {
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(this.#bytes.buffer, 0, 0);
  #used = 0;

  constructor(
    readonly fields: HookFields,
    /** The memory of records is never written again: they are left where they are. */
    readonly isStable = false,
  ) {}

  /** Keeps `size` bytes at `offset`; what kernel programs write is 8-aligned, and stays so. */
  keep(bytes: Uint8Array, view: DataView, offset: number, size: number): HookData {
    const { fields } = this;
    if (this.isStable) {
      // The same objects for all records of a piece of memory.
      if (view !== this.#view) {
        this.#view = view;
        this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      }
      return { fields, bytes: this.#bytes, view, start: offset, end: offset + size };
    }
    const start = this.#take(size);
    copy(view, offset, size, this.#view, start);
    return { fields, bytes: this.#bytes, view: this.#view, start, end: start + size };
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
