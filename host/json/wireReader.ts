/** A cursor over an encoded message; https://protobuf.dev/programming-guides/encoding/ */

/** What the quick way does not handle: the caller takes the slow one, which reads or refuses it. */
export class Unusual extends Error {}

/** Made once: it says nothing, and a stack trace for each would cost more than the message. */
export const unusual = new Unusual("not read in the quick way");

export class WireReader {
  position = 0;
  bytes: Buffer = Buffer.alloc(0);

  /** The low 32 bits of a varint, unsigned. */
  uint32(end: number): number {
    const { bytes } = this;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.position < end ? (bytes[this.position++] as number) : unexpectedEnd();
      // Shifted out of 32 bits from the sixth byte on, as in negative numbers.
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw unusual;
  }

  /** A whole varint as decimal digits, unsigned. */
  uint64Text(end: number): string {
    const start = this.position;
    let value = 0;
    let factor = 1;
    for (let count = 0; count < 7; count++) {
      const byte = this.position < end ? (this.bytes[this.position++] as number) : unexpectedEnd();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return String(value);
      factor *= 128;
    }
    this.position = start;
    return this.#longText(end);
  }

  /** Where the length-delimited value ends that begins behind the length at the position. */
  lengthEnd(end: number): number {
    const length = this.uint32(end);
    const valueEnd = this.position + length;
    if (valueEnd > end) throw unusual;
    return valueEnd;
  }

  /** What is left up to `end`, as the two below. */
  string(end: number): string {
    const text = this.bytes.toString("utf8", this.position, end);
    this.position = end;
    return text;
  }

  base64(end: number): string {
    const text = this.bytes.toString("base64", this.position, end);
    this.position = end;
    return text;
  }

  /** Steps over the value of a field that is not known. */
  skip(wireType: number, end: number): void {
    if (wireType === 0) this.uint64Text(end);
    else if (wireType === 2) this.position = this.lengthEnd(end);
    else if (wireType === 1) this.position += 8;
    else if (wireType === 5) this.position += 4;
    else throw unusual;
    if (this.position > end) throw unusual;
  }

  #longText(end: number): string {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.position < end ? (this.bytes[this.position++] as number) : unexpectedEnd();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return String(BigInt.asUintN(64, value));
    }
    throw unusual;
  }
}

function unexpectedEnd(): never {
  throw unusual;
}
