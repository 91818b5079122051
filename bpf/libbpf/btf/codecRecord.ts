import { didYouMean } from "../suggest.js";
import type { Btf } from "./btf.js";
import { type Codec, codecOf } from "./codec.js";
import { badValue, checkedInt } from "./codecScalar.js";
import { type BtfMember, Kind, type TypeOfKind } from "./kinds.js";
import { layoutOf } from "./layout.js";

/** Structs and unions as objects. Writing sets the members that are given, and no others. */
export function recordCodec(
  btf: Btf,
  record: TypeOfKind<typeof Kind.STRUCT | typeof Kind.UNION>,
  type: string,
): Codec {
  let members: Map<string, Member> | undefined;
  // Made on first use: a struct can hold pointers to itself, and most are never written.
  const all = (): Map<string, Member> => {
    if (!members) {
      layoutOf(btf, record.id); // throws if it contains itself
      members = new Map(membersOf(btf, record, 0));
    }
    return members;
  };
  return {
    size: record.size,
    type,
    read(view, offset) {
      const value: Record<string, unknown> = {};
      for (const [name, { codec, at }] of all()) value[name] = codec.read(view, offset + at);
      return value;
    },
    write(view, offset, value, where) {
      if (
        typeof value !== "object" ||
        value === null ||
        Array.isArray(value) ||
        ArrayBuffer.isView(value)
      ) {
        throw badValue(where, value, `is no object with the members of ${type}`);
      }
      for (const [name, each] of Object.entries(value)) {
        if (each === undefined) continue;
        const member = all().get(name);
        if (!member) {
          throw badValue(where, name, `is no member of ${type}${didYouMean(name, all().keys())}`);
        }
        member.codec.write(view, offset + member.at, each, `${where}.${name}`);
      }
    },
  };
}

interface Member {
  readonly codec: Codec;
  /** Byte offset in the record. */
  readonly at: number;
}

function* membersOf(
  btf: Btf,
  record: TypeOfKind<typeof Kind.STRUCT | typeof Kind.UNION>,
  baseBits: number,
): Generator<[string, Member]> {
  for (const member of record.members) {
    const bits = baseBits + member.bitOffset;
    if (member.name !== "") {
      yield [member.name, memberCodec(btf, member, bits)];
      continue;
    }
    const inner = btf.resolve(member.type);
    if (inner.kind === Kind.STRUCT || inner.kind === Kind.UNION) yield* membersOf(btf, inner, bits);
  }
}

function memberCodec(btf: Btf, member: BtfMember, bits: number): Member {
  const at = Math.floor(bits / 8);
  if (member.bitSize === 0) return { codec: codecOf(btf, member.type), at };
  const type = btf.resolve(member.type);
  const signed =
    (type.kind === Kind.INT && type.encoding === "signed") ||
    ((type.kind === Kind.ENUM || type.kind === Kind.ENUM64) && type.signed);
  const text = `${btf.text(member.type)}:${member.bitSize}`;
  return { codec: bitFieldCodec(text, bits % 8, member.bitSize, signed), at };
}

/** `shift`: the first bit within the first byte. */
function bitFieldCodec(type: string, shift: number, bits: number, signed: boolean): Codec {
  const size = Math.ceil((shift + bits) / 8);
  const mask = (1n << BigInt(bits)) - 1n;
  const load = (view: DataView, offset: number): bigint => {
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(offset + i));
    return value;
  };
  return {
    size,
    type,
    read(view, offset) {
      const raw = (load(view, offset) >> BigInt(shift)) & mask;
      const value = signed ? BigInt.asIntN(bits, raw) : raw;
      return bits > 32 ? value : Number(value);
    },
    write(view, offset, value, where) {
      const given = typeof value === "boolean" ? Number(value) : value;
      const exact = checkedInt(given, bits, signed, type, where);
      const rest = load(view, offset) & ~(mask << BigInt(shift));
      let word = rest | ((exact & mask) << BigInt(shift));
      for (let i = 0; i < size; i++, word >>= 8n) view.setUint8(offset + i, Number(word & 0xffn));
    },
  };
}
