import type { FieldWriter } from "./fieldWriter.js";

/** Numbers of the fields of `fgs.KprobeArgument`. */
export const argumentField = {
  string: 1,
  int: 2,
  skb: 3,
  size: 4,
  bytes: 5,
  path: 6,
  file: 7,
  truncatedBytes: 8,
  sock: 9,
  cred: 10,
  long: 2011,
  bpfAttr: 2012,
  perfEvent: 2013,
  bpfMap: 2014,
  capability: 2017,
  label: 2018,
  userNs: 2020,
  module: 2021,
  capabilities: 2022,
  sockaddr: 2030,
  bpfProg: 2031,
  error: 2032,
} as const;

/** Packed numbers of the bits that are set. */
export function encodeCapabilities(
  field: number,
  low: number,
  high: number,
  to: FieldWriter,
): void {
  if (low === 0 && high === 0) return;
  const start = to.begin(field);
  to.wire.reserve(64);
  for (let bit = 0; bit < 64; bit++) {
    const half = bit < 32 ? low : high;
    if ((half >>> (bit & 31)) & 1) to.wire.varint(bit);
  }
  to.end(start);
}
