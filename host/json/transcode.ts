/**
 * Encoded messages into the JSON that `messageWriter` makes of them, without decoding them: several
 * times as quick, and a message that comes again and again, such as a process, is written once.
 * What is not plain (a field that comes twice, a type that no event has) is decoded after all.
 */
import protobuf from "protobufjs";
import { fgs } from "../../proto/generated/api.js";
import { isWrapper } from "./kinds.js";
import { rememberingReader } from "./recentMessages.js";
import { messageType } from "./schema.js";
import { joined, type Read, readFields, type WireField, type WireFields } from "./wireFields.js";
import { Unusual, WireReader } from "./wireReader.js";
import {
  defaultText,
  entryReader,
  packedReader,
  refuse,
  scalarReader,
  timestampReader,
} from "./wireValues.js";
import { messageWriter } from "./write.js";

/** The function that makes JSON on one line of encoded `fgs.GetEventsResponse` messages. */
export function eventTranscoder(): (message: Buffer) => string {
  return transcoder(messageType("fgs.GetEventsResponse"), (bytes) =>
    fgs.GetEventsResponse.decode(bytes),
  );
}

/** @param decode the codec of the type, for what is not plain */
export function transcoder(
  type: protobuf.Type,
  decode: (message: Buffer) => object,
): (message: Buffer) => string {
  const read = messageReader(type, new Map());
  const write = messageWriter(type);
  const reader = new WireReader();
  return (message) => {
    reader.bytes = message;
    reader.position = 0;
    try {
      return read(reader, message.length);
    } catch (error) {
      if (!(error instanceof Unusual)) throw error;
      return write(decode(message));
    }
  };
}

/** Messages that most events repeat, and the field of theirs that changes. */
const repeated: ReadonlyMap<string, string> = new Map([[".fgs.Process", "refcnt"]]);

function messageReader(type: protobuf.Type, known: Map<protobuf.Type, Read>): Read {
  const there = known.get(type);
  if (there !== undefined) return there;
  // Registered before it is built, for types that contain themselves.
  let built: Read = refuse;
  known.set(type, (reader, end) => built(reader, end));
  built = build(type, known);
  known.set(type, built);
  return built;
}

function build(type: protobuf.Type, known: Map<protobuf.Type, Read>): Read {
  if (type.fullName === ".google.protobuf.Timestamp") return timestampReader();
  const fields = fieldsOf(type, known);
  if (isWrapper(type)) {
    const unset = defaultText(type.fields.value as protobuf.Field);
    return (reader, end) => readFields(fields, reader, end)[0] ?? unset;
  }
  if (type.fullName.startsWith(".google.protobuf.")) return refuse;
  const changing = type.fieldsArray.findIndex(({ name }) => name === repeated.get(type.fullName));
  if (changing >= 0) return rememberingReader(fields, changing);
  const count = fields.all.length;
  return (reader, end) => `{${joined(readFields(fields, reader, end), 0, count)}}`;
}

function fieldsOf(type: protobuf.Type, known: Map<protobuf.Type, Read>): WireFields {
  const all = type.fieldsArray.map((field, slot) =>
    fieldOf(field.resolve(), slot, isWrapper(type), known),
  );
  return {
    all,
    byTag: new Map(all.map((field) => [field.tag, field])),
    numbers: new Set(type.fieldsArray.map(({ id }) => id)),
    lists: all.filter(({ isList }) => isList),
  };
}

function fieldOf(
  field: protobuf.Field,
  slot: number,
  isBare: boolean,
  known: Map<protobuf.Type, Read>,
): WireField {
  const { resolvedType, partOf, parent } = field;
  const isMessage = resolvedType instanceof protobuf.Type;
  const isMap = field instanceof protobuf.MapField;
  const hasLength = isMessage || isMap || field.type === "string" || field.type === "bytes";
  const isPacked = field.repeated && !hasLength;
  const value = isMessage ? messageReader(resolvedType, known) : scalarReader(field);
  // A member of a oneof is shown whenever it is set, everything else only if it says something.
  const isAlwaysShown = isBare || isMessage || isMap || field.repeated || partOf != null;
  return {
    slot,
    tag: field.id * 8 + (hasLength || isPacked ? 2 : 0),
    isDelimited: hasLength || isPacked,
    start: isBare ? "" : `"${field.name}":`,
    read: isPacked ? packedReader(value) : value,
    hidden: isAlwaysShown ? undefined : defaultText(field),
    isList: field.repeated,
    entry: isMap ? entryReader(field) : undefined,
    oneof: partOf == null ? 0 : 1 << (parent as protobuf.Type).oneofsArray.indexOf(partOf),
  };
}
