import { BpfError } from "../errors.js";
import { didYouMean } from "../suggest.js";
import type { Codec } from "./codec.js";
import type { BtfType, Kind } from "./kinds.js";

/** An error about a value that does not fit its type. */
export function badValue(where: string, value: unknown, why: string): BpfError {
  const shown =
    typeof value === "string"
      ? JSON.stringify(value)
      : typeof value === "object"
        ? typeName(value)
        : String(value);
  return new BpfError(`${where}: ${shown} ${why}`, { code: "BAD_VALUE" });
}

function typeName(value: object | null): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${value.constructor?.name ?? "object"}`;
}

/** An integer of 1, 2, 4, 8 or 16 bytes, little endian; bigint from 8 bytes up. */
export function intCodec(type: string, size: number, signed: boolean): Codec {
  const bits = size * 8;
  return {
    size,
    type,
    read: (view, offset) => readInt(view, offset, size, signed),
    write(view, offset, value, where) {
      // What most numbers are, without the way over bigints.
      if (
        size === 4 &&
        typeof value === "number" &&
        value >>> 0 === value &&
        value <= 0x7fff_ffff
      ) {
        view.setUint32(offset, value, true);
        return;
      }
      writeBits(view, offset, size, checkedInt(value, bits, signed, type, where));
    },
  };
}

/** The value as a bigint, if it is an integer of that many bits. */
export function checkedInt(
  value: unknown,
  bits: number,
  signed: boolean,
  type: string,
  where: string,
): bigint {
  if (typeof value !== "bigint" && !(typeof value === "number" && Number.isInteger(value))) {
    throw badValue(where, value, `is no integer, ${type} needs one`);
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw badValue(where, value, "is too big to be exact: give it as a bigint");
  }
  const exact = BigInt(value);
  const least = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const most = (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  if (exact < least || exact > most) {
    throw badValue(where, value, `does not fit ${type} (${least} to ${most})`);
  }
  return exact;
}

export function readInt(
  view: DataView,
  offset: number,
  size: number,
  signed: boolean,
): number | bigint {
  switch (size) {
    case 1:
      return signed ? view.getInt8(offset) : view.getUint8(offset);
    case 2:
      return signed ? view.getInt16(offset, true) : view.getUint16(offset, true);
    case 4:
      return signed ? view.getInt32(offset, true) : view.getUint32(offset, true);
    case 8:
      return signed ? view.getBigInt64(offset, true) : view.getBigUint64(offset, true);
    default: {
      const high = view.getBigUint64(offset + 8, true);
      const value = (high << 64n) | view.getBigUint64(offset, true);
      return signed ? BigInt.asIntN(128, value) : value;
    }
  }
}

function writeBits(view: DataView, offset: number, size: number, value: bigint): void {
  if (size >= 8) {
    view.setBigUint64(offset, BigInt.asUintN(64, value), true);
    if (size === 16) view.setBigUint64(offset + 8, BigInt.asUintN(64, value >> 64n), true);
    return;
  }
  const number = Number(value);
  if (size === 1) view.setUint8(offset, number);
  else if (size === 2) view.setUint16(offset, number, true);
  else view.setUint32(offset, number, true);
}

export function boolCodec(type: string, size: number): Codec {
  return {
    size,
    type,
    read: (view, offset) => view.getUint8(offset) !== 0,
    write(view, offset, value, where) {
      if (typeof value !== "boolean" && value !== 0 && value !== 1) {
        throw badValue(where, value, `is no ${type}: use true or false`);
      }
      view.setUint8(offset, Number(value));
    },
  };
}

export function floatCodec(type: string, size: number): Codec {
  if (size !== 4 && size !== 8) {
    throw new BpfError(`values of type ${type} cannot be read or written`, { code: "WRONG_KIND" });
  }
  return {
    size,
    type,
    read: (view, offset) =>
      size === 4 ? view.getFloat32(offset, true) : view.getFloat64(offset, true),
    write(view, offset, value, where) {
      if (typeof value !== "number")
        throw badValue(where, value, `is no number, ${type} needs one`);
      if (size === 4) view.setFloat32(offset, value, true);
      else view.setFloat64(offset, value, true);
    },
  };
}

export function pointerCodec(type: string): Codec {
  return intCodec(type, 8, false);
}

/**
 * A number; written also by the name of an enumerator. Compilers before clang 16 do not say whether
 * an enum is signed: it is read as unsigned then, and taken either way.
 */
export function enumCodec(
  type: string,
  { size, signed, values }: Extract<BtfType, { kind: typeof Kind.ENUM | typeof Kind.ENUM64 }>,
): Codec {
  const byName = new Map(values.map(({ name, value }) => [name, value]));
  const int = intCodec(type, size, signed);
  return {
    size,
    type,
    read: int.read,
    write(view, offset, value, where) {
      let number = value;
      if (typeof value === "string") {
        number = byName.get(value);
        if (number === undefined) {
          const near = didYouMean(value, byName.keys());
          throw badValue(where, value, `is no enumerator of ${type}${near}`);
        }
      } else if (!signed && size === 4 && typeof value === "number" && value < 0) {
        number = Number(BigInt.asUintN(32, checkedInt(value, 32, true, type, where)));
      }
      int.write(view, offset, number, where);
    },
  };
}
