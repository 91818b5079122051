/** A growing buffer with the protobuf wire format's primitives. https://protobuf.dev/programming-guides/encoding/ */
export class WireWriter {
  bytes: Buffer;
  position = 0;

  constructor(capacity = 4096) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** Makes room for `size` more bytes. The primitives below do not check. */
  reserve(size: number): void {
    const needed = this.position + size;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(grown, 0, 0, this.position);
    this.bytes = grown;
  }

  /** @param value a whole number from 0 to 2^53-1 */
  varint(value: number): void {
    const { bytes } = this;
    let at = this.position;
    let rest = value;
    // Bit operations are 32-bit only; beyond that plain arithmetic.
    for (; rest > 0xffff_ffff; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 0x80;
    for (rest >>>= 0; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
    bytes[at++] = rest;
    this.position = at;
  }

  /** @param low the lower 32 bits of 64, unsigned, @param high the upper ones */
  varint64(low: number, high: number): void {
    let lower = low;
    let upper = high;
    while (upper !== 0 || lower > 0x7f) {
      this.bytes[this.position++] = (lower & 0x7f) | 0x80;
      lower = ((lower >>> 7) | (upper << 25)) >>> 0;
      upper >>>= 7;
    }
    this.bytes[this.position++] = lower;
  }

  raw(source: Uint8Array): void {
    if (source.length > longestByBytes) this.bytes.set(source, this.position);
    else this.#byBytes(source);
    this.position += source.length;
  }

  /** The length of what began at `start`, in front of it, in the room of one varint of `guess` bytes. */
  insertLength(start: number, guess: number): void {
    const length = this.position - start - guess;
    const needed = varintSize(length);
    if (needed !== guess) {
      this.reserve(needed);
      this.bytes.copyWithin(start + needed, start + guess, this.position);
    }
    this.position = start;
    this.varint(length);
    this.position += length;
  }

  /** Of a few bytes, faster than what copies memory of any kind. */
  #byBytes(source: Uint8Array): void {
    const { bytes, position } = this;
    for (let n = 0; n < source.length; n++) bytes[position + n] = source[n] as number;
  }

  text(value: string, byteLength: number): void {
    this.bytes.write(value, this.position, byteLength, "utf8");
    this.position += byteLength;
  }
}

const longestByBytes = 24;

/** Wire types. */
export const VARINT = 0;
export const BYTES = 2;

/** The tag of a field. */
export function tag(field: number, wireType: number): number {
  return field * 8 + wireType;
}

export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Size of a length-delimited field: tag, length, content. */
export function bytesFieldSize(field: number, length: number): number {
  return varintSize(tag(field, BYTES)) + varintSize(length) + length;
}
