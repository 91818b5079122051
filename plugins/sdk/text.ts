import { TEXT_BYTES, TEXT_LENGTH, TEXT_OFFSET } from "./abi";
import { behindLastByte, nextByte } from "./bytewise";
import { takeScratch } from "./scratch";

/**
 * A text of an event: UTF-8 bytes in the batch, looked at in place. Comparing makes no garbage;
 * `toString` makes a string. A Text is only good until `onEvent` returns: to remember it, keep its
 * `toString()`.
 */
@unmanaged
export class Text {
  /** Address of the first byte. */
  get address(): usize {
    const self = changetype<usize>(this);
    return self + <usize>load<u32>(self, TEXT_OFFSET);
  }

  /** Length in bytes of UTF-8, which are also the characters if all of them are ASCII. */
  get length(): i32 {
    return load<i32>(changetype<usize>(this), TEXT_LENGTH);
  }

  get isEmpty(): bool {
    return this.length == 0;
  }

  /** The byte at `index`, or 0 past the end. */
  byteAt(index: i32): u8 {
    return <u32>index < <u32>this.length ? load<u8>(this.address + <usize>index) : 0;
  }

  equals(other: string): bool {
    const bytes = this.length;
    // A unit of UTF-16 is one to three bytes of UTF-8.
    if (bytes < other.length || bytes > 3 * other.length) return false;
    const start = this.address;
    const end = start + <usize>bytes;
    return matchPrefix(start, end, other) == end;
  }

  startsWith(prefix: string): bool {
    const start = this.address;
    return matchPrefix(start, start + <usize>this.length, prefix) != 0;
  }

  endsWith(suffix: string): bool {
    const start = this.address;
    return matchSuffix(start, start + <usize>this.length, suffix);
  }

  contains(part: string): bool {
    return this.indexOf(part) >= 0;
  }

  /** Position in bytes of the first `part` at or behind `from`, or -1. */
  indexOf(part: string, from: i32 = 0): i32 {
    const start = this.address;
    const end = start + <usize>this.length;
    let at = start + <usize>max(from, 0);
    if (part.length == 0) return at <= end ? <i32>(at - start) : -1;
    const unit = part.charCodeAt(0);
    const first = <u8>unit;
    for (; at < end; ++at) {
      if (unit < 0x80) {
        at = nextByte(at, end, first);
        if (at == end) return -1;
      }
      if (matchPrefix(at, end, part)) return <i32>(at - start);
    }
    return -1;
  }

  equalsText(other: Text): bool {
    const length = this.length;
    return (
      length == other.length && memory.compare(this.address, other.address, <usize>length) == 0
    );
  }

  /** What follows the last `/`: `nginx` of `/usr/sbin/nginx`. All of it if there is none. */
  get basename(): Text {
    const start = this.address;
    const end = start + <usize>this.length;
    const at = behindLastByte(start, end, 0x2f);
    return makeText(at, <i32>(end - at));
  }

  /** Bytes from `start` up to `end`, with no copy. Cutting inside a character is the caller's affair. */
  slice(start: i32, end: i32 = i32.MAX_VALUE): Text {
    const length = this.length;
    const from = min(max(start, 0), length);
    const to = min(max(end, from), length);
    return makeText(this.address + <usize>from, to - from);
  }

  /** A string of its own, good for ever. */
  toString(): string {
    return String.UTF8.decodeUnsafe(this.address, <usize>this.length);
  }
}

/** A Text over bytes that lie somewhere in memory. Good until `onEvent` returns. */
export function makeText(address: usize, length: i32): Text {
  const cell = takeScratch(TEXT_BYTES);
  store<u32>(cell, <u32>(address - cell), TEXT_OFFSET);
  store<i32>(cell, length, TEXT_LENGTH);
  return changetype<Text>(cell);
}

/** Bits that four units of UTF-16 do not have if all of them are ASCII. */
const NOT_ASCII: u64 = ((<u64>0xff80_ff80) << 32) | 0xff80_ff80;

/** Four bytes as four units of UTF-16. */
function widened(bytes: u32): u64 {
  let wide = <u64>bytes;
  wide = (wide | (wide << 16)) & (((<u64>0xffff) << 32) | 0xffff);
  return (wide | (wide << 8)) & (((<u64>0x00ff_00ff) << 32) | 0x00ff_00ff);
}

/**
 * Compares UTF-8 from `at` with UTF-16 `expected`, unit by unit: returns where the match ended, or 0
 * if there is none.
 */
function matchPrefix(at: usize, end: usize, expected: string): usize {
  let unitAt = changetype<usize>(expected);
  const unitEnd = unitAt + ((<usize>expected.length) << 1);
  // Four characters of ASCII at a time, as far as it goes.
  while (unitAt + 8 <= unitEnd && at + 4 <= end) {
    const bytes = load<u32>(at);
    const units = load<u64>(unitAt);
    if ((bytes & 0x80808080) != 0 || (units & NOT_ASCII) != 0) break;
    if (widened(bytes) != units) return 0;
    at += 4;
    unitAt += 8;
  }
  while (unitAt < unitEnd) {
    const unit = <u32>load<u16>(unitAt);
    unitAt += 2;
    if (unit < 0x80) {
      if (at >= end || load<u8>(at) != unit) return 0;
      ++at;
      continue;
    }
    let point = unit;
    if ((unit & 0xfc00) == 0xd800 && unitAt < unitEnd) {
      const low = <u32>load<u16>(unitAt);
      if ((low & 0xfc00) == 0xdc00) {
        point = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
        unitAt += 2;
      }
    }
    at = matchPoint(at, end, point);
    if (!at) return 0;
  }
  return at;
}

/** From the end, so that the length of `expected` in UTF-8 need not be known. */
function matchSuffix(start: usize, end: usize, expected: string): bool {
  const unitStart = changetype<usize>(expected);
  let unitAt = unitStart + ((<usize>expected.length) << 1);
  while (unitAt >= unitStart + 8 && end >= start + 4) {
    const bytes = load<u32>(end - 4);
    const units = load<u64>(unitAt - 8);
    if ((bytes & 0x80808080) != 0 || (units & NOT_ASCII) != 0) break;
    if (widened(bytes) != units) return false;
    end -= 4;
    unitAt -= 8;
  }
  while (unitAt > unitStart) {
    unitAt -= 2;
    let point = <u32>load<u16>(unitAt);
    let bytes: usize = 1;
    if (point >= 0x80) {
      if ((point & 0xfc00) == 0xdc00 && unitAt > unitStart) {
        const high = <u32>load<u16>(unitAt - 2);
        if ((high & 0xfc00) == 0xd800) {
          point = 0x10000 + ((high & 0x3ff) << 10) + (point & 0x3ff);
          unitAt -= 2;
        }
      }
      bytes = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    }
    if (bytes > end - start) return false;
    end -= bytes;
    if (bytes == 1) {
      if (load<u8>(end) != point) return false;
    } else if (!matchPoint(end, end + bytes, point)) return false;
  }
  return true;
}

function matchPoint(at: usize, end: usize, point: u32): usize {
  if (point < 0x800) {
    if (at + 2 > end) return 0;
    if (load<u8>(at) != (0xc0 | (point >> 6))) return 0;
    return load<u8>(at, 1) == (0x80 | (point & 0x3f)) ? at + 2 : 0;
  }
  if (point < 0x10000) {
    if (at + 3 > end) return 0;
    if (load<u8>(at) != (0xe0 | (point >> 12))) return 0;
    if (load<u8>(at, 1) != (0x80 | ((point >> 6) & 0x3f))) return 0;
    return load<u8>(at, 2) == (0x80 | (point & 0x3f)) ? at + 3 : 0;
  }
  if (at + 4 > end) return 0;
  if (load<u8>(at) != (0xf0 | (point >> 18))) return 0;
  if (load<u8>(at, 1) != (0x80 | ((point >> 12) & 0x3f))) return 0;
  if (load<u8>(at, 2) != (0x80 | ((point >> 6) & 0x3f))) return 0;
  return load<u8>(at, 3) == (0x80 | (point & 0x3f)) ? at + 4 : 0;
}
