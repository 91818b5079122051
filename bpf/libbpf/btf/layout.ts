import { BpfError } from "../errors.js";
import type { Btf } from "./btf.js";
import { Kind } from "./kinds.js";
import { MAX_NESTING, malformed } from "./table.js";

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
  const members = new Map<string, MemberLayout>();
  flatten(btf, type.id, { prefix: "", bits: 0, depth: 0 }, members);
  return {
    name: type.name || btf.type(id).name,
    size: type.size,
    members: Object.fromEntries(members),
  };
}

interface Place {
  readonly prefix: string;
  /** From the start of the outermost struct. */
  readonly bits: number;
  readonly depth: number;
}

const MAX_MEMBERS = 100_000;

function flatten(btf: Btf, id: number, at: Place, into: Map<string, MemberLayout>): void {
  const type = btf.resolve(id);
  if (type.kind !== Kind.STRUCT && type.kind !== Kind.UNION) return;
  if (at.depth > MAX_NESTING) throw malformed(`${btf.text(id)} contains itself`);
  const depth = at.depth + 1;
  for (const member of type.members) {
    const bits = at.bits + member.bitOffset;
    if (member.name === "") {
      flatten(btf, member.type, { prefix: at.prefix, bits, depth }, into);
      continue;
    }
    const path = at.prefix + member.name;
    const inner = btf.resolve(member.type);
    into.set(path, {
      ...place(btf, member.type, bits, member.bitSize),
      type: btf.text(member.type),
      typeId: member.type,
      ...(inner.kind === Kind.ARRAY ? { count: inner.count } : {}),
    });
    if (into.size > MAX_MEMBERS) throw malformed(`a struct has more than ${MAX_MEMBERS} members`);
    flatten(btf, member.type, { prefix: `${path}.`, bits, depth }, into);
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
