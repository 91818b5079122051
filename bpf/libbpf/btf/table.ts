import { BpfError } from "../errors.js";
import { Kind } from "./kinds.js";

const MAGIC = 0xeb9f;
const TYPE_HEADER = 12;

/** Types within types: more than any compiler makes of a sane source. */
export const MAX_NESTING = 64;

/**
 * The type table of one BTF blob: where each type is, its kind and name. One pass over the bytes,
 * no objects: 150,000 types of a kernel take a few milliseconds and about 1.5 MB.
 */
export class TypeTable {
  readonly view: DataView;
  /** Position of each type's header in `view`, by id less `firstId`. */
  readonly positions: Uint32Array;
  readonly kinds: Uint8Array;
  /** String offset of each type's name. */
  readonly nameOffsets: Uint32Array;
  readonly strings: Buffer;

  /** `firstId` and `stringBase`: where the numbering of a split BTF goes on from its base. */
  constructor(
    readonly bytes: Uint8Array,
    readonly firstId: number,
    readonly stringBase: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { types, strings } = sections(this.view);
    this.strings = Buffer.from(
      bytes.buffer,
      bytes.byteOffset + strings.start,
      strings.end - strings.start,
    );
    const capacity = Math.ceil((types.end - types.start) / TYPE_HEADER);
    const positions = new Uint32Array(capacity);
    const kinds = new Uint8Array(capacity);
    const nameOffsets = new Uint32Array(capacity);
    let count = 0;
    let at = types.start;
    while (at < types.end) {
      const info = word(this.view, at + 4, types.end);
      const kind = (info >>> 24) & 0x1f;
      positions[count] = at;
      kinds[count] = kind;
      nameOffsets[count] = this.view.getUint32(at, true);
      count++;
      at += TYPE_HEADER + trailerSize(kind, info & 0xffff);
    }
    if (at !== types.end) throw malformed(`the last type ends beyond the type section`);
    this.positions = positions.slice(0, count);
    this.kinds = kinds.slice(0, count);
    this.nameOffsets = nameOffsets.slice(0, count);
  }

  get count(): number {
    return this.positions.length;
  }

  /** Offsets at which `name` stands in the string section, in this blob's numbering. */
  offsetsOf(name: string): number[] {
    const wanted = Buffer.from(`${name}\0`);
    const found: number[] = [];
    for (
      let at = this.strings.indexOf(wanted);
      at >= 0;
      at = this.strings.indexOf(wanted, at + 1)
    ) {
      found.push(at + this.stringBase);
    }
    return found;
  }
}

/** Bytes that follow the header of a type. */
function trailerSize(kind: number, count: number): number {
  switch (kind) {
    case Kind.PTR:
    case Kind.FWD:
    case Kind.TYPEDEF:
    case Kind.VOLATILE:
    case Kind.CONST:
    case Kind.RESTRICT:
    case Kind.FUNC:
    case Kind.FLOAT:
    case Kind.TYPE_TAG:
      return 0;
    case Kind.INT:
    case Kind.VAR:
    case Kind.DECL_TAG:
      return 4;
    case Kind.ARRAY:
      return 12;
    case Kind.ENUM:
    case Kind.FUNC_PROTO:
      return 8 * count;
    case Kind.STRUCT:
    case Kind.UNION:
    case Kind.DATASEC:
    case Kind.ENUM64:
      return 12 * count;
    default:
      throw malformed(`unknown kind ${kind}`);
  }
}

interface Section {
  readonly start: number;
  readonly end: number;
}

function sections(view: DataView): { types: Section; strings: Section } {
  if (view.byteLength < 24) throw malformed("shorter than its header");
  const magic = view.getUint16(0, true);
  if (magic !== MAGIC) {
    throw malformed(magic === 0x9feb ? "of the other byte order" : "wrong magic number");
  }
  const header = view.getUint32(4, true);
  const section = (at: number): Section => {
    const start = header + view.getUint32(at, true);
    const end = start + view.getUint32(at + 4, true);
    if (end > view.byteLength) throw malformed("a section ends beyond the data");
    return { start, end };
  };
  return { types: section(8), strings: section(16) };
}

function word(view: DataView, at: number, end: number): number {
  if (at + 8 > end) throw malformed("a type ends beyond the type section");
  return view.getUint32(at, true);
}

/** The error about BTF that does not follow its own format. */
export function malformed(why: string): BpfError {
  return new BpfError(`the BTF data is malformed: ${why}`, { code: "MALFORMED_BTF" });
}
