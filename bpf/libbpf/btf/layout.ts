import { BpfError } from "../errors.js";
import type { Btf } from "./btf.js";
import { Kind } from "./kinds.js";

/** Where a member is. Plain data: it crosses threads. */
export interface MemberLayout {
  /** Bytes from the start of the outermost struct; of a bit-field, of the byte its first bit is in. */
  readonly offset: number;
  /** Bytes; of a bit-field, those it touches. */
  readonly size: number;
  /** Of a bit-field: its first bit, from the start of the outermost struct. */
  readonly bitOffset?: number;
  /** Of a bit-field: how many bits. */
  readonly bitSize?: number;
  /** The type in C. */
  readonly type: string;
  readonly typeId: number;
  /** Of an array: how many elements. */
  readonly count?: number;
}

/** A struct or union, members of nested ones included. Plain data: it crosses threads. */
export interface StructLayout {
  readonly name: string;
  readonly size: number;
  /**
   * Members by path, in the order of declaration. A nested struct stands under its own name and
   * its members under theirs behind it (`header`, `header.pid`); members of an anonymous one stand
   * as if they were the outer one's own, as in C. Array elements are not listed.
   */
  readonly members: Readonly<Record<string, MemberLayout>>;
}

export function layoutOf(btf: Btf, id: number): StructLayout {
  const type = btf.resolve(id);
  if (type.kind !== Kind.STRUCT && type.kind !== Kind.UNION) {
    throw new BpfError(`${btf.text(id)} is no struct or union`, { code: "WRONG_KIND" });
  }
  const members: Record<string, MemberLayout> = {};
  flatten(btf, type.id, "", 0, members);
  return { name: type.name || btf.type(id).name, size: type.size, members };
}

function flatten(
  btf: Btf,
  id: number,
  prefix: string,
  baseBits: number,
  into: Record<string, MemberLayout>,
): void {
  const type = btf.resolve(id);
  if (type.kind !== Kind.STRUCT && type.kind !== Kind.UNION) return;
  for (const member of type.members) {
    const bits = baseBits + member.bitOffset;
    if (member.name === "") {
      flatten(btf, member.type, prefix, bits, into);
      continue;
    }
    const path = prefix + member.name;
    const inner = btf.resolve(member.type);
    into[path] = {
      ...place(btf, member.type, bits, member.bitSize),
      type: btf.text(member.type),
      typeId: member.type,
      ...(inner.kind === Kind.ARRAY ? { count: inner.count } : {}),
    };
    flatten(btf, member.type, `${path}.`, bits, into);
  }
}

function place(
  btf: Btf,
  typeId: number,
  bits: number,
  bitSize: number,
): Pick<MemberLayout, "offset" | "size" | "bitOffset" | "bitSize"> {
  const offset = Math.floor(bits / 8);
  if (bitSize === 0) return { offset, size: btf.sizeOf(typeId) };
  const size = Math.ceil((bits + bitSize) / 8) - offset;
  return { offset, size, bitOffset: bits, bitSize };
}
