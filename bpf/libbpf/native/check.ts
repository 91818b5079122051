import { BpfError } from "../errors.js";

// What is handed to C must be what the prototypes say: a NULL where a name is expected ends the process.

/** The text, if it is one that C can take: not empty, no NUL in it. */
export function checkedText(what: string, value: unknown): string {
  if (typeof value === "string" && value !== "" && !value.includes("\0")) return value;
  const shown = typeof value === "string" ? JSON.stringify(value) : typeof value;
  throw new BpfError(`${what} must be a text without NUL characters, not ${shown}`, {
    code: "BAD_VALUE",
  });
}

/** The number, if it is an integer from 0 to `most` (default: what 32 bits hold). */
export function checkedCount(what: string, value: unknown, most = 0xffff_ffff): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most) {
    return value as number;
  }
  throw new BpfError(`${what} must be an integer from 0 to ${most}, not ${String(value)}`, {
    code: "BAD_VALUE",
  });
}

/** The integer as 64 bits, negative ones in two's complement. */
export function checkedWord(what: string, value: unknown): bigint {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) {
    return BigInt.asUintN(64, BigInt(value as bigint | number));
  }
  throw new BpfError(`${what} must be an integer (beyond 2^53 a bigint), not ${String(value)}`, {
    code: "BAD_VALUE",
  });
}
