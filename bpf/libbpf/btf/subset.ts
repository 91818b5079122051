import type { Btf } from "./btf.js";
import { type BtfEnumerator, type BtfMember, type BtfType, Kind } from "./kinds.js";
import { BtfWriter } from "./writer.js";

/**
 * Raw BTF with just the types of these names and what they hold, for relocating an object against
 * (`kernelBtf`): a kernel's own takes libbpf tens of milliseconds to look through. What a pointer
 * points to is left out, for no relocation looks at it. Names that there are none of are passed over.
 */
export function subsetOf(btf: Btf, names: Iterable<string>): Uint8Array {
  const subset = new Subset(btf);
  for (const name of names) for (const type of btf.all(name, ...wanted)) subset.add(type.id);
  return subset.bytes();
}

/** Names that an object's relocations can be about: a suffix after three underscores is not part of them. */
export function relocatableNames(object: Btf): ReadonlySet<string> {
  const names = [...object.names("", ...wanted)].map((name) => name.replace(/___.*$/, ""));
  return new Set(names);
}

const wanted = [Kind.STRUCT, Kind.UNION, Kind.ENUM, Kind.ENUM64, Kind.TYPEDEF] as const;

class Subset {
  readonly #btf: Btf;
  readonly #ids = new Map<number, number>([[0, 0]]);
  readonly #types: BtfType[] = [];

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** With all that it holds. */
  add(id: number): void {
    if (this.#ids.has(id)) return;
    const type = this.#btf.type(id);
    this.#types.push(type);
    this.#ids.set(id, this.#types.length);
    for (const held of heldBy(type)) this.add(held);
  }

  bytes(): Uint8Array {
    const writer = new BtfWriter();
    for (const type of this.#types) write(writer, type, (id) => this.#ids.get(id) ?? 0);
    return writer.bytes();
  }
}

function heldBy(type: BtfType): number[] {
  switch (type.kind) {
    case Kind.STRUCT:
    case Kind.UNION:
      return type.members.map((member) => member.type);
    case Kind.ARRAY:
      return [type.element];
    case Kind.TYPEDEF:
    case Kind.CONST:
    case Kind.VOLATILE:
    case Kind.RESTRICT:
    case Kind.TYPE_TAG:
      return [type.target];
    default:
      return [];
  }
}

function write(writer: BtfWriter, type: BtfType, newId: (id: number) => number): void {
  const { name, kind } = type;
  switch (type.kind) {
    case Kind.INT:
      writer.type(name, { kind }, type.size, [intWord(type)]);
      return;
    case Kind.FLOAT:
      writer.type(name, { kind }, type.size);
      return;
    case Kind.ARRAY:
      // The kernel's index type is of no use here; libbpf wants one that is there.
      writer.type(name, { kind }, 0, [newId(type.element), newId(type.element), type.count]);
      return;
    case Kind.STRUCT:
    case Kind.UNION: {
      const flag = type.members.some(({ bitSize }) => bitSize > 0);
      const words = type.members.flatMap((each) => memberWords(writer, each, newId));
      writer.type(name, { kind, count: type.members.length, flag }, type.size, words);
      return;
    }
    case Kind.ENUM:
    case Kind.ENUM64: {
      const words = type.values.flatMap((each) => enumeratorWords(writer, each, kind));
      const count = type.values.length;
      writer.type(name, { kind, count, flag: type.signed }, type.size, words);
      return;
    }
    case Kind.TYPEDEF:
    case Kind.CONST:
    case Kind.VOLATILE:
    case Kind.RESTRICT:
    case Kind.TYPE_TAG:
      writer.type(name, { kind }, newId(type.target));
      return;
    case Kind.FWD:
      writer.type(name, { kind, flag: type.union }, 0);
      return;
    default:
      // Pointers, and what only pointers lead to.
      writer.type("", { kind: Kind.PTR }, 0);
  }
}

const encodings = { unsigned: 0, signed: 1, char: 2, bool: 4 } as const;

function intWord(type: BtfType & { readonly kind: typeof Kind.INT }): number {
  return encodings[type.encoding] * 0x100_0000 + type.bitOffset * 0x1_0000 + type.bits;
}

function memberWords(
  writer: BtfWriter,
  { name, type, bitOffset, bitSize }: BtfMember,
  newId: (id: number) => number,
): number[] {
  return [writer.text(name), newId(type), bitSize * 0x100_0000 + bitOffset];
}

function enumeratorWords(writer: BtfWriter, { name, value }: BtfEnumerator, kind: Kind): number[] {
  const bits = BigInt.asUintN(64, BigInt(value));
  const low = Number(bits & 0xffff_ffffn);
  const text = writer.text(name);
  return kind === Kind.ENUM64 ? [text, low, Number(bits >> 32n)] : [text, low];
}
