import type { HookData } from "./hookData.js";

/**
 * Goes through arguments, return value and stacks of a call in the order of the record, without
 * making an object of each. Sizes were checked when the record was decoded.
 */
export class ArgumentCursor {
  data!: HookData;
  /** Of the argument at hand: `ArgumentKind`, its place in the policy's list or `Position`, `ArgumentError`. */
  kind = 0;
  position = 0;
  error = 0;
  /** Its payload in `data.bytes`. */
  start = 0;
  size = 0;
  #next = 0;

  /** Begins in front of the first. */
  open(data: HookData): this {
    this.data = data;
    this.#next = data.start;
    return this;
  }

  /** @returns false behind the last. */
  next(): boolean {
    const { view, fields, end } = this.data;
    const { arg } = fields;
    const at = this.#next;
    if (at + arg.end > end) return false;
    this.kind = view.getUint8(at + arg.kind);
    this.position = view.getUint8(at + arg.position);
    this.error = view.getUint16(at + arg.error, true);
    this.size = view.getUint32(at + arg.size, true);
    this.start = at + arg.end;
    this.#next = this.start + padded(this.size);
    return true;
  }

  /** Behind its payload. */
  get end(): number {
    return this.start + this.size;
  }

  /** Whether there is a value: an argument that could not be read may have none. */
  get hasValue(): boolean {
    return this.size > 0 && this.size >= (this.data.fields.leastBytes[this.kind] ?? 0);
  }

  u16(offset: number): number {
    return this.data.view.getUint16(this.start + offset, true);
  }

  u32(offset: number): number {
    return this.data.view.getUint32(this.start + offset, true);
  }

  u64(offset: number): bigint {
    return this.data.view.getBigUint64(this.start + offset, true);
  }

  /** What lies behind the first `offset` bytes of the payload. */
  rest(offset: number): Buffer {
    return this.data.bytes.subarray(this.start + offset, this.start + this.size);
  }

  /** A text of fixed room, up to its NUL. */
  fixedText(offset: number, room: number): Buffer {
    const whole = this.data.bytes.subarray(this.start + offset, this.start + offset + room);
    const end = whole.indexOf(0);
    return end === -1 ? whole : whole.subarray(0, end);
  }
}

/** Payloads are padded to a multiple of 8. */
export function padded(size: number): number {
  return (size + 7) & ~7;
}

/** Whether all of `count` arguments, and whatever follows them, lie within the data as they should. */
export function isWellFormed(data: HookData, count: number): boolean {
  const { view, fields, start, end } = data;
  const { arg, leastBytes } = fields;
  let seen = 0;
  for (let at = start; at < end; ) {
    if (at + arg.end > end) return false;
    const kind = view.getUint8(at + arg.kind);
    const size = view.getUint32(at + arg.size, true);
    const isMissing = size === 0 && view.getUint16(at + arg.error, true) !== 0;
    // First, or padding would make a negative number of what is far too large.
    if (size > end - at - arg.end) return false;
    if (!isMissing && size < (leastBytes[kind] ?? 0)) return false;
    at += arg.end + padded(size);
    if (at > end) return false;
    seen++;
  }
  return seen >= count;
}
