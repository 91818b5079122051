/**
 * Writes `text` as UTF-8, no more than `limit` bytes of it, and no half characters. What a string
 * cannot say in UTF-8 (a lone surrogate) becomes U+FFFD.
 */
export function writeCut(
  target: Buffer,
  text: string,
  at: number,
  limit: number,
): { readonly bytes: number; readonly cut: boolean } {
  // A character takes at least one byte: what lies behind `limit` characters need not be looked at.
  const head = text.length > limit ? text.slice(0, limit) : text;
  const bytes = target.write(head, at, limit, "utf8");
  const whole = head.length === text.length && Buffer.byteLength(text, "utf8") === bytes;
  return { bytes, cut: !whole };
}
