/** Longer texts are copied faster by what copies memory of any kind. */
const longestByBytes = 96;

/**
 * Copies a text that is short and ASCII, as most are: looking and copying are one. @returns false if
 * it is not; what is at the target by then is to be overwritten
 */
export function copyAscii(
  from: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
  at: number,
): boolean {
  const length = end - start;
  if (length > longestByBytes) return false;
  let all = 0;
  for (let n = 0; n < length; n++) {
    const byte = from[start + n] as number;
    all |= byte;
    to[at + n] = byte;
  }
  return all < 0x80;
}
