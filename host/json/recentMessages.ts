import { joined, type Read, readFields, type WireField, type WireFields } from "./wireFields.js";
import { unusual, type WireReader } from "./wireReader.js";

/** Messages remembered in a generation; there are two. */
const mostMessages = 4096;
/** A longer message is not remembered: with its text that bounds what all of them take. */
const mostBytes = 2048;

interface Texts {
  /** The members before and behind the one that changes. */
  readonly before: string;
  readonly behind: string;
}

/**
 * Reads messages most of which have come before, but for one number in them: `changing` is the slot
 * of that field. What has not come for a while is forgotten.
 */
export function rememberingReader(fields: WireFields, changing: number): Read {
  const field = fields.all[changing] as WireField;
  let young = new Map<string, Texts>();
  let old = new Map<string, Texts>();
  const remember = (key: string, texts: Texts): Texts => {
    if (young.size >= mostMessages) [old, young] = [young, new Map()];
    young.set(key, texts);
    return texts;
  };
  return (reader, end) => {
    const start = reader.position;
    const found = end - start > mostBytes ? undefined : keyWithout(field, reader, end);
    if (found === undefined) {
      reader.position = start;
      return `{${joined(readFields(fields, reader, end), 0, fields.all.length)}}`;
    }
    const { key, member } = found;
    let texts = young.get(key);
    if (texts === undefined) {
      texts = old.get(key);
      if (texts === undefined) {
        reader.position = start;
        const members = readFields(fields, reader, end);
        const before = joined(members, 0, changing);
        const behind = joined(members, changing + 1, fields.all.length);
        texts = { before, behind };
      }
      remember(key, texts);
    }
    reader.position = end;
    return `{${joined([texts.before, member, texts.behind], 0, 3)}}`;
  };
}

/** The message's bytes as a key, less the field, and what becomes of the field. */
function keyWithout(field: WireField, reader: WireReader, end: number) {
  const { bytes } = reader;
  const start = reader.position;
  let member = "";
  let key: string | undefined;
  while (reader.position < end) {
    const at = reader.position;
    const tag = reader.uint32(end);
    if (tag >>> 3 !== field.tag >>> 3) {
      reader.skip(tag & 7, end);
      continue;
    }
    if (tag !== field.tag || key !== undefined) throw unusual;
    const value = field.read(reader, end);
    member = value === field.hidden ? "" : field.start + value;
    key = bytes.toString("latin1", start, at) + bytes.toString("latin1", reader.position, end);
  }
  return { key: key ?? bytes.toString("latin1", start, end), member };
}
