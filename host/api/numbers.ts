/** A 64-bit integer as the codecs have it: a `Long` when decoded. */
export type Integer = number | { toNumber(): number } | null | undefined;

/** Exact up to 2^53; an unset field is 0. */
export function toNumber(value: Integer): number {
  if (typeof value === "number") return value;
  return value?.toNumber() ?? 0;
}
