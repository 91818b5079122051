import { BpfError } from "../errors.js";
import type { Btf } from "./btf.js";
import { arrayCodec } from "./codecArray.js";
import { recordCodec } from "./codecRecord.js";
import { boolCodec, enumCodec, floatCodec, intCodec, pointerCodec } from "./codecScalar.js";
import { Kind } from "./kinds.js";

/** Reads and writes values of one type in memory. */
export interface Codec<T = unknown> {
  /** Bytes. */
  readonly size: number;
  /** The type in C. */
  readonly type: string;
  read(view: DataView, offset: number): T;
  /** `where` names the value in errors. What the value leaves out (struct members) stays as it is. */
  write(view: DataView, offset: number, value: T, where: string): void;
}

/**
 * The codec of a BTF type.
 *
 * | C | JavaScript |
 * | --- | --- |
 * | integers to 32 bits, enums | number (an enumerator's name is taken, too) |
 * | 64-bit integers, pointers | bigint (a safe integer is taken, too) |
 * | `bool` | boolean |
 * | `float`, `double` | number |
 * | `char[n]` | string: UTF-8 up to the first NUL (bytes are taken, too) |
 * | `unsigned char[n]`, `__u8[n]` | Uint8Array |
 * | other arrays | array |
 * | struct, union | object; members of anonymous ones as if they were the outer one's |
 */
export function codecOf(btf: Btf, id: number): Codec {
  const known = codecs.get(btf) ?? new Map<number, Codec>();
  codecs.set(btf, known);
  const codec = known.get(id) ?? makeCodec(btf, id);
  known.set(id, codec);
  return codec;
}

/** They keep nothing but what the type is, which takes a while to find out. */
const codecs = new WeakMap<Btf, Map<number, Codec>>();

function makeCodec(btf: Btf, id: number): Codec {
  const type = btf.resolve(id);
  const text = btf.text(id);
  switch (type.kind) {
    case Kind.INT:
      return type.encoding === "bool"
        ? boolCodec(text, type.size)
        : intCodec(text, type.size, type.encoding === "signed");
    case Kind.ENUM:
    case Kind.ENUM64:
      return enumCodec(text, type);
    case Kind.PTR:
      return pointerCodec(text);
    case Kind.FLOAT:
      return floatCodec(text, type.size);
    case Kind.ARRAY:
      return arrayCodec(btf, type, text);
    case Kind.STRUCT:
    case Kind.UNION:
      return recordCodec(btf, type, text);
    default:
      throw new BpfError(`values of type ${text} cannot be read or written`, {
        code: "WRONG_KIND",
      });
  }
}
