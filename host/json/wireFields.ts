/** The fields of one encoded message, each as the JSON member it becomes. */
import { unusual, type WireReader } from "./wireReader.js";
import { jsonString } from "./write.js";

/** Reads a value: up to `end`, or, if it has no length of its own, as far as it goes. */
export type Read = (reader: WireReader, end: number) => string;

export interface WireField {
  /** Its place among the members. */
  readonly slot: number;
  readonly tag: number;
  /** Whether a length comes before the value. */
  readonly isDelimited: boolean;
  /** `"name":`. */
  readonly start: string;
  /** Of a list: reads an item, or several with commas between. */
  readonly read: Read;
  /** The value that is left out; undefined: none is. */
  readonly hidden: string | undefined;
  readonly isList: boolean;
  /** Reads key and value, if it is a map. */
  readonly entry: ((reader: WireReader, end: number) => readonly [string, string]) | undefined;
  /** The bit of its oneof; 0: it is in none. */
  readonly oneof: number;
}

export interface WireFields {
  readonly all: readonly WireField[];
  readonly byTag: ReadonlyMap<number, WireField>;
  readonly numbers: ReadonlySet<number>;
  /** Those whose members are finished when all of them have come. */
  readonly lists: readonly WireField[];
}

/** The members by slot; "" or undefined for one that is not shown. */
export type Members = (string | undefined)[];

export function readFields(fields: WireFields, reader: WireReader, end: number): Members {
  const members: Members = new Array(fields.all.length);
  let maps: Map<WireField, Map<string, string>> | undefined;
  let oneofs = 0;
  while (reader.position < end) {
    const tag = reader.uint32(end);
    const field = fields.byTag.get(tag);
    if (field === undefined) {
      // Known, but written in another way than is usual.
      if (fields.numbers.has(tag >>> 3)) throw unusual;
      reader.skip(tag & 7, end);
      continue;
    }
    if ((oneofs & field.oneof) !== 0) throw unusual;
    oneofs |= field.oneof;
    const valueEnd = field.isDelimited ? reader.lengthEnd(end) : end;
    if (field.entry !== undefined) {
      maps ??= new Map();
      const entries = maps.get(field) ?? new Map();
      maps.set(field, entries.set(...field.entry(reader, valueEnd)));
    } else addMember(members, field, field.read(reader, valueEnd));
    if (field.isDelimited && reader.position !== valueEnd) throw unusual;
  }
  for (const { slot } of fields.lists) if (members[slot] !== undefined) members[slot] += "]";
  for (const [field, entries] of maps ?? []) members[field.slot] = mapMember(field, entries);
  return members;
}

/** The members from slot `from` to before `to`, with commas between. */
export function joined(members: Members, from: number, to: number): string {
  let text = "";
  for (let slot = from; slot < to; slot++) {
    const member = members[slot];
    if (member !== undefined && member !== "") text += text === "" ? member : `,${member}`;
  }
  return text;
}

function addMember(members: Members, field: WireField, value: string): void {
  const { slot, start, hidden, isList } = field;
  const before = members[slot];
  if (!isList) {
    // Parts of a message would have to be merged.
    if (before !== undefined) throw unusual;
    members[slot] = value === hidden ? "" : start + value;
  } else if (value !== "") {
    members[slot] = before === undefined ? `${start}[${value}` : `${before},${value}`;
  }
}

function mapMember({ start }: WireField, entries: ReadonlyMap<string, string>): string {
  const keys = [...entries.keys()].sort();
  return `${start}{${keys.map((key) => `${jsonString(key)}:${entries.get(key)}`).join(",")}}`;
}
