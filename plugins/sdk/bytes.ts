import { Text } from "./text";

/** A buffer that a process passed: any bytes at all. Only good until `onEvent` returns. */
@unmanaged
export class Bytes {
  [key: number]: u8; // for TypeScript, which does not know the operator

  get address(): usize {
    return this.text.address;
  }

  get length(): i32 {
    return this.text.length;
  }

  /** The byte at `index`, or 0 past the end. */
  @operator("[]")
  at(index: i32): u8 {
    return this.text.byteAt(index);
  }

  equals(other: string): bool {
    return this.text.equals(other);
  }

  startsWith(prefix: string): bool {
    return this.text.startsWith(prefix);
  }

  contains(part: string): bool {
    return this.text.contains(part);
  }

  /** Position of the first `part` at or behind `from`, or -1. */
  indexOf(part: string, from: i32 = 0): i32 {
    return this.text.indexOf(part, from);
  }

  /** A string for people: what is not printable ASCII stands as `\x0a`. */
  toString(): string {
    let shown = "";
    for (let n = 0; n < this.length; ++n) {
      const byte = this.text.byteAt(n);
      const isPlain = byte >= 0x20 && byte < 0x7f && byte != 0x5c;
      shown += isPlain ? String.fromCharCode(byte) : escaped(byte);
    }
    return shown;
  }

  private get text(): Text {
    return changetype<Text>(changetype<usize>(this));
  }
}

function escaped(byte: u8): string {
  const digits = "0123456789abcdef";
  return `\\x${digits.charAt(byte >> 4)}${digits.charAt(byte & 15)}`;
}
