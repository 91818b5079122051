/** Looking for a byte, eight at a time. */

// Of 64 bits, which the literals of TypeScript have not.
const ONES: u64 = ((<u64>0x0101_0101) << 32) | 0x0101_0101;
const HIGH: u64 = ONES << 7;
const LOW: u64 = ~HIGH;

/** Address of the first `byte` from `at` on; `end` if there is none. */
export function nextByte(at: usize, end: usize, byte: u8): usize {
  const pattern = ONES * <u64>byte;
  for (; at + 8 <= end; at += 8) {
    const word = load<u64>(at) ^ pattern;
    // Bits above the first byte that is zero may be wrong.
    const zeros = (word - ONES) & ~word & HIGH;
    if (zeros) return at + <usize>(ctz(zeros) >> 3);
  }
  while (at < end && load<u8>(at) != byte) ++at;
  return at;
}

/** Address behind the last `byte` before `end`; `start` if there is none. */
export function behindLastByte(start: usize, end: usize, byte: u8): usize {
  const pattern = ONES * <u64>byte;
  for (; end >= start + 8; end -= 8) {
    const word = load<u64>(end - 8) ^ pattern;
    const zeros = ~(((word & LOW) + LOW) | word | LOW);
    if (zeros) return end - <usize>(clz(zeros) >> 3);
  }
  while (end > start && load<u8>(end - 1) != byte) --end;
  return end;
}
