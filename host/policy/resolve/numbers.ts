/** Numbers, ranges, addresses and names in the values of filters. */
import { isIP } from "node:net";
import { closest } from "../../suggest.js";
import { capabilityNames, type NameTable } from "../document/names.js";
import { type Place, quoted } from "../document/problem.js";
import type { Located } from "../document/schema.js";
import type { ArgumentType } from "../hookSpec.js";
import { argumentTypes } from "./argumentTypes.js";

/** Decimal, 0x…, 0… or 0o…, 0b…, with a sign; undefined if it is none of these. */
export function parseInteger(text: string): bigint | undefined {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/.exec(
    text.trim(),
  );
  if (match === null) return undefined;
  const [, sign, digits = ""] = match;
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return sign === "-" ? -value : value;
}

/** A value that the type can have, as 64-bit two's complement. */
export function integerValue(type: ArgumentType, given: Located<string>, place: Place): bigint {
  const value = parseInteger(digitsOf(type, given.value));
  if (value === undefined) {
    return place.refuse(
      given.at,
      `${quoted(given.value)} is no number: ${type} takes decimal, 0x hexadecimal and 0 octal ones`,
    );
  }
  const [least, most] = rangeOf(type);
  if (value >= least && value <= most) return BigInt.asUintN(64, value);
  const hint =
    value > most && value <= 2n * most + 1n
      ? `; as ${type} these bits are ${value - 2n * most - 2n}`
      : "";
  return place.refuse(
    given.at,
    `${quoted(given.value)} does not fit ${type} (${least} to ${most})${least < 0n ? hint : ""}`,
  );
}

/** Of what some types have names for. */
function digitsOf(type: ArgumentType, text: string): string {
  const names = type === "bool" ? ["FALSE", "TRUE"] : type === "capability" ? capabilityNames : [];
  const index = names.indexOf(text.toUpperCase());
  return index < 0 ? text : String(index);
}

export function rangeOf(type: ArgumentType): readonly [bigint, bigint] {
  if (type === "bool") return [0n, 1n];
  const { size = 4, signed = true } = argumentTypes[type];
  const bits = BigInt(size * 8);
  return signed ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
}

/** `min:max`, both included; one number is a range of itself. */
export function integerRange(
  type: ArgumentType,
  given: Located<string>,
  place: Place,
): readonly [bigint, bigint] {
  const [from = "", to = from, ...rest] = given.value.split(":");
  if (rest.length > 0) {
    return place.refuse(given.at, `${quoted(given.value)} is no range: write MIN:MAX`);
  }
  const ends = [from, to].map((value) => integerValue(type, { ...given, value }, place));
  const [low = 0n, high = 0n] = ends;
  const { signed = true } = argumentTypes[type];
  const order = (value: bigint) => (signed ? BigInt.asIntN(64, value) : value);
  if (order(low) <= order(high)) return [low, high];
  return place.refuse(given.at, `${quoted(given.value)} is empty: its end lies before its start`);
}

const highestPort = 65_535;

export function portRange(given: Located<string>, place: Place): readonly [number, number] {
  const match = /^(\d{1,6})(?::(\d{1,6}))?$/.exec(given.value.trim());
  const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (match === null || from > highestPort || to > highestPort) {
    return place.refuse(
      given.at,
      `${quoted(given.value)} is no port: a number from 0 to ${highestPort}, or a range MIN:MAX`,
    );
  }
  if (from <= to) return [from, to];
  return place.refuse(given.at, `${quoted(given.value)} is empty: its end lies before its start`);
}

export interface Network {
  readonly address: Uint8Array;
  readonly bits: number;
}

/** `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`. */
export function network(given: Located<string>, place: Place): Network {
  const [host = "", bits, ...rest] = given.value.trim().split("/");
  const family = isIP(host);
  const wide = family === 4 ? 32 : 128;
  const length = bits === undefined ? wide : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (family === 0 || host.includes("%") || rest.length > 0 || length < 0 || length > wide) {
    const most = family === 0 ? "" : `, at most /${wide}`;
    return place.refuse(
      given.at,
      `${quoted(given.value)} is no address: write 10.0.0.0/8, 192.0.2.7 or fd00::/8${most}`,
    );
  }
  return { address: masked(family === 4 ? bytes4(host) : bytes16(host), length), bits: length };
}

function bytes4(text: string): Uint8Array {
  return Uint8Array.from(text.split(".").map(Number));
}

function bytes16(text: string): Uint8Array {
  // The last four bytes may be written as those of an IPv4 address.
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const [a = 0, b = 0, c = 0, d = 0] = tail === null ? [] : bytes4(tail[2] ?? "");
  const plain =
    tail === null
      ? text
      : `${tail[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  const [head = "", rest] = plain.split("::");
  const groups = (part: string | undefined) => (part ? part.split(":") : []);
  const [before, after] = [groups(head), groups(rest)];
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  const words = [...before, ...zeros, ...after].map((word) => Number.parseInt(word, 16));
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}

/** What is beyond the prefix does not count: 127.0.0.1/8 is 127.0.0.0/8. */
function masked(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, index) => {
    const kept = Math.max(0, Math.min(8, bits - 8 * index));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
}

export function namedNumber(table: NameTable, given: Located<string>, place: Place): number {
  const { prefix, numbers, what, largest } = table;
  const wanted = given.value.trim().toUpperCase();
  const bare = wanted.startsWith(prefix.toUpperCase()) ? wanted.slice(prefix.length) : wanted;
  const name = Object.keys(numbers).find((each) => each.toUpperCase() === bare);
  if (name !== undefined) return numbers[name] ?? 0;
  const number = parseInteger(given.value);
  if (number !== undefined && largest !== undefined && number >= 0n && number <= largest) {
    return Number(number);
  }
  const names = Object.keys(numbers).map((each) => (prefix === "S_IF" ? each : prefix + each));
  const numbersToo = largest === undefined ? "" : `, and numbers from 0 to ${largest}`;
  return place.refuse(
    given.at,
    `${quoted(given.value)} is not ${what}: known are ${names.join(", ")}${numbersToo}${closest(given.value, names)}`,
  );
}
