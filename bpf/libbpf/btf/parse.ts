import { type BtfEnumerator, type BtfMember, type BtfType, Kind } from "./kinds.js";

const encodings = { 0: "unsigned", 1: "signed", 2: "char", 4: "bool" } as const;
const HEADER = 12;

/** Decodes the type whose header is at `at`. `text` resolves a string offset. */
export function parseType(
  view: DataView,
  at: number,
  id: number,
  text: (offset: number) => string,
): BtfType {
  const name = text(view.getUint32(at, true));
  const info = view.getUint32(at + 4, true);
  const sizeOrType = view.getUint32(at + 8, true);
  const kind = ((info >>> 24) & 0x1f) as Kind;
  const flag = info >>> 31 !== 0;
  const count = info & 0xffff;
  const rest = at + HEADER;
  const u32 = (offset: number): number => view.getUint32(rest + offset, true);
  const each = <T>(stride: number, read: (offset: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => read(i * stride));

  switch (kind) {
    case Kind.VOID:
      return { id, name, kind };
    case Kind.INT: {
      const word = u32(0);
      const encoding = encodings[((word >>> 24) & 0xf) as keyof typeof encodings] ?? "unsigned";
      return {
        id,
        name,
        kind,
        size: sizeOrType,
        bits: word & 0xff,
        bitOffset: (word >>> 16) & 0xff,
        encoding,
      };
    }
    case Kind.FLOAT:
      return { id, name, kind, size: sizeOrType };
    case Kind.ARRAY:
      return { id, name, kind, element: u32(0), count: u32(8) };
    case Kind.STRUCT:
    case Kind.UNION: {
      const members = each(12, (o): BtfMember => {
        const place = u32(o + 8);
        return {
          name: text(u32(o)),
          type: u32(o + 4),
          bitOffset: flag ? place & 0xff_ffff : place,
          bitSize: flag ? place >>> 24 : 0,
        };
      });
      return { id, name, kind, size: sizeOrType, members };
    }
    case Kind.ENUM: {
      const values = each(8, (o): BtfEnumerator => {
        const value = u32(o + 4);
        return { name: text(u32(o)), value: flag ? value | 0 : value };
      });
      return { id, name, kind, size: sizeOrType, signed: flag, values };
    }
    case Kind.ENUM64: {
      const values = each(12, (o): BtfEnumerator => {
        const bits = (BigInt(u32(o + 8)) << 32n) | BigInt(u32(o + 4));
        return { name: text(u32(o)), value: plain(flag ? BigInt.asIntN(64, bits) : bits) };
      });
      return { id, name, kind, size: sizeOrType, signed: flag, values };
    }
    case Kind.FWD:
      return { id, name, kind, union: flag };
    case Kind.PTR:
    case Kind.TYPEDEF:
    case Kind.VOLATILE:
    case Kind.CONST:
    case Kind.RESTRICT:
    case Kind.TYPE_TAG:
      return { id, name, kind, target: sizeOrType };
    case Kind.FUNC:
      return { id, name, kind, target: sizeOrType, linkage: count };
    case Kind.FUNC_PROTO: {
      const parameters = each(8, (o) => ({ name: text(u32(o)), type: u32(o + 4) }));
      return { id, name, kind, returns: sizeOrType, parameters };
    }
    case Kind.VAR:
      return { id, name, kind, target: sizeOrType, linkage: u32(0) };
    case Kind.DATASEC: {
      const variables = each(12, (o) => ({ type: u32(o), offset: u32(o + 4), size: u32(o + 8) }));
      return { id, name, kind, size: sizeOrType, variables };
    }
    case Kind.DECL_TAG:
      return { id, name, kind, target: sizeOrType, component: u32(0) | 0 };
  }
}

function plain(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
