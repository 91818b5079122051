import { takeScratch } from "./scratch";
import { makeText, Text } from "./text";

const AF_INET = 2;
const AF_INET6 = 10;
/** Behind the 16 bytes of a cell. */
const FAMILY: usize = 16;
const CELL_BYTES: usize = 24;
const LONGEST_TEXT: usize = 48;

/** An IP address, looked at in place. Only good until `onEvent` returns. */
@unmanaged
export class Address {
  get isV4(): bool {
    return this.family == AF_INET;
  }

  get isV6(): bool {
    return this.family == AF_INET6;
  }

  /** Of an IPv4 address, and of IPv4 in IPv6 (`::ffff:10.0.0.1`): the number; else 0. */
  get v4(): u32 {
    const at = changetype<usize>(this);
    if (this.isV4) return bswap<u32>(load<u32>(at));
    return this.isMapped ? bswap<u32>(load<u32>(at, 12)) : 0;
  }

  get isLoopback(): bool {
    if (this.isV4 || this.isMapped) return this.v4 >> 24 == 127;
    return this.isV6 && this.isZeroTo(15) && this.byteAt(15) == 1;
  }

  /** `0.0.0.0` or `::`, and no address at all. */
  get isUnspecified(): bool {
    return this.isV6 ? this.isZeroTo(16) : this.v4 == 0;
  }

  /** RFC 1918, carrier-grade and link-local of IPv4, unique local and link-local of IPv6. */
  get isPrivate(): bool {
    if (this.isV4 || this.isMapped) {
      const v4 = this.v4;
      return (
        v4 >> 24 == 10 ||
        v4 >> 20 == 0xac1 ||
        v4 >> 16 == 0xc0a8 ||
        v4 >> 22 == 0x191 ||
        v4 >> 16 == 0xa9fe
      );
    }
    if (!this.isV6) return false;
    const first = this.byteAt(0);
    return (first & 0xfe) == 0xfc || (first == 0xfe && (this.byteAt(1) & 0xc0) == 0x80);
  }

  /** Whether it begins with the `bits` first bits of an IPv4 address: `isIn(10, 0, 0, 0, 8)`. */
  isIn(a: u32, b: u32, c: u32, d: u32, bits: i32): bool {
    if (!this.isV4 && !this.isMapped) return false;
    if (bits <= 0) return true;
    const mask: u32 = bits >= 32 ? u32.MAX_VALUE : ~(u32.MAX_VALUE >> <u32>bits);
    return ((this.v4 ^ ((a << 24) | (b << 16) | (c << 8) | d)) & mask) == 0;
  }

  /** The byte at `index`, from 0, in network order. */
  byteAt(index: i32): u8 {
    return <u32>index < 16 ? load<u8>(changetype<usize>(this) + <usize>index) : 0;
  }

  equals(other: string): bool {
    return this.text.equals(other);
  }

  /** Both are the same address. */
  isSame(other: Address): bool {
    if (this.family != other.family) return false;
    return memory.compare(changetype<usize>(this), changetype<usize>(other), 16) == 0;
  }

  /** Such as `10.0.0.1` or `2001:db8::1`, without garbage; empty if this is no IP address. */
  get text(): Text {
    const start = takeScratch(LONGEST_TEXT);
    let end = start;
    if (this.isV4) end = writeV4(start, this.v4);
    else if (this.isMapped) {
      store<u64>(start, 0x3a666666663a3a); // "::ffff:"
      end = writeV4(start + 7, this.v4);
    } else if (this.isV6) end = this.writeV6(start);
    return makeText(start, <i32>(end - start));
  }

  toString(): string {
    return this.text.toString();
  }

  private get family(): i32 {
    return load<i32>(changetype<usize>(this), FAMILY);
  }

  private get isMapped(): bool {
    if (!this.isV6 || !this.isZeroTo(10)) return false;
    return load<u16>(changetype<usize>(this), 10) == 0xffff;
  }

  private isZeroTo(end: i32): bool {
    for (let n = 0; n < end; ++n) if (this.byteAt(n) != 0) return false;
    return true;
  }

  private groupAt(index: i32): u32 {
    return ((<u32>this.byteAt(2 * index)) << 8) | <u32>this.byteAt(2 * index + 1);
  }

  /** RFC 5952: the longest run of zeros, the first of equals, becomes `::`. */
  private writeV6(start: usize): usize {
    let from = -1;
    let length = 1;
    for (let first = 0; first < 8; ++first) {
      let end = first;
      while (end < 8 && this.groupAt(end) == 0) ++end;
      if (end - first > length) {
        from = first;
        length = end - first;
      }
    }
    let at = start;
    for (let n = 0; n < 8; ++n) {
      if (n == from) {
        store<u16>(at, 0x3a3a);
        at += 2;
        n += length - 1;
        continue;
      }
      if (n > 0 && n != from + length) store<u8>(at++, 0x3a);
      else if (n > 0 && from < 0) store<u8>(at++, 0x3a);
      at = writeHex(at, this.groupAt(n));
    }
    return at;
  }
}

/** The 16 bytes at `bytes`, with their family: what an `Address` looks at. */
export function addressAt(bytes: usize, family: i32): Address {
  const cell = takeScratch(CELL_BYTES);
  memory.copy(cell, bytes, 16);
  store<i32>(cell, family, FAMILY);
  return changetype<Address>(cell);
}

function writeV4(at: usize, address: u32): usize {
  let to = writeDecimal(at, address >> 24);
  store<u8>(to++, 0x2e);
  to = writeDecimal(to, (address >> 16) & 255);
  store<u8>(to++, 0x2e);
  to = writeDecimal(to, (address >> 8) & 255);
  store<u8>(to++, 0x2e);
  return writeDecimal(to, address & 255);
}

/** 0 to 255. */
function writeDecimal(at: usize, value: u32): usize {
  let to = at;
  if (value >= 100) store<u8>(to++, <u8>(0x30 + value / 100));
  if (value >= 10) store<u8>(to++, <u8>(0x30 + ((value / 10) % 10)));
  store<u8>(to++, <u8>(0x30 + (value % 10)));
  return to;
}

/** 0 to 65535, without leading zeros. */
function writeHex(at: usize, value: u32): usize {
  let to = at;
  for (let shift = 12; shift >= 0; shift -= 4) {
    if (shift > 0 && value >> <u32>shift == 0) continue;
    const digit = (value >> <u32>shift) & 15;
    store<u8>(to++, <u8>(digit < 10 ? 0x30 + digit : 0x57 + digit));
  }
  return to;
}
