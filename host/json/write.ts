/**
 * Messages as protojson: original field names, defaults left out, enum values by name, 64-bit
 * integers as strings. What a type needs is found out once, from its descriptor; after that a
 * message costs only the text it becomes.
 */
import protobuf from "protobufjs";
import { GuidestarError } from "../errors.js";
import { isWrapper, scalarKind } from "./kinds.js";
import { durationText, type Seconds, timestampText } from "./time.js";

/** A message as the codecs know it: a class instance or a plain object. */
type Message = { readonly [field: string]: unknown };
type Writer = (value: unknown) => string;

/** Writes messages of the type as JSON on one line, safe to show on a terminal. */
export function messageWriter(type: protobuf.Type): Writer {
  const known = writers.get(type);
  if (known !== undefined) return known;
  // Registered before it is built, for types that contain themselves.
  let built: Writer | undefined;
  writers.set(type, (value) => {
    built ??= build(type);
    return built(value);
  });
  built = build(type);
  writers.set(type, built);
  return built;
}

const writers = new WeakMap<protobuf.Type, Writer>();

function build(type: protobuf.Type): Writer {
  const special = wellKnown(type);
  if (special !== undefined) return special;
  const fields = type.fieldsArray.map((field) => fieldWriter(field.resolve()));
  return (value) => {
    const message = value as Message;
    let text = "";
    for (const write of fields) {
      const member = write(message);
      if (member !== "") text += text === "" ? member : `,${member}`;
    }
    return `{${text}}`;
  };
}

function wellKnown(type: protobuf.Type): Writer | undefined {
  switch (type.fullName) {
    case ".google.protobuf.Timestamp":
      return (value) => `"${timestampText(value as Seconds)}"`;
    case ".google.protobuf.Duration":
      return (value) => `"${durationText(value as Seconds)}"`;
  }
  if (isWrapper(type)) {
    const field = type.fields.value?.resolve();
    if (field === undefined) return undefined;
    const write = valueWriter(field);
    return (value) => write((value as Message).value ?? field.defaultValue);
  }
  if (/^\.google\.protobuf\.(Any|Struct|Value|ListValue|FieldMask)$/.test(type.fullName)) {
    throw new GuidestarError("UNIMPLEMENTED", `There is no JSON form for ${type.fullName} here.`);
  }
  return undefined;
}

/** `"name":value`, or "" for a field that is not set or has its default. */
function fieldWriter(field: protobuf.Field): (message: Message) => string {
  const name = field.name;
  const start = `"${name}":`;
  const write = valueWriter(field);
  if (field instanceof protobuf.MapField) {
    return (message) => {
      const map = (message[name] ?? {}) as Message;
      const keys = Object.keys(map).sort();
      if (keys.length === 0) return "";
      return `${start}{${keys.map((key) => `${jsonString(key)}:${write(map[key])}`).join(",")}}`;
    };
  }
  if (field.repeated) {
    return (message) => {
      const items = (message[name] ?? []) as readonly unknown[];
      if (items.length === 0) return "";
      let text = `${start}[`;
      for (let index = 0; index < items.length; index++) {
        text += index === 0 ? write(items[index]) : `,${write(items[index])}`;
      }
      return `${text}]`;
    };
  }
  // A member of a oneof is shown whenever it is set, everything else only if it says something.
  const isShownAsDefault = field.partOf != null || field.resolvedType instanceof protobuf.Type;
  const isDefault = scalarKind(field.type) === "long" ? isZero : isEmpty;
  return (message) => {
    const value = message[name];
    if (value === null || value === undefined) return "";
    if (!isShownAsDefault && isDefault(value)) return "";
    return start + write(value);
  };
}

function isZero(value: unknown): boolean {
  return String(value) === "0";
}

function isEmpty(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  return value === "" || value === false || Object.is(value, 0);
}

function valueWriter(field: protobuf.Field): Writer {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) return messageWriter(resolvedType);
  if (resolvedType instanceof protobuf.Enum) return enumWriter(resolvedType);
  switch (scalarKind(field.type)) {
    case "string":
      return (value) => jsonString(String(value));
    case "bytes":
      return (value) => `"${Buffer.from(value as Uint8Array).toString("base64")}"`;
    case "bool":
    case "integer":
      return String;
    case "long":
      return (value) => `"${value}"`;
    case "float":
      return (value) => floatText(value as number, field.type === "float");
  }
}

function enumWriter(type: protobuf.Enum): Writer {
  const names = new Map(
    Object.entries(type.valuesById).map(([value, name]) => [Number(value), `"${name}"`]),
  );
  return (value) => names.get(value as number) ?? String(value);
}

function floatText(value: number, isSingle: boolean): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  if (Object.is(value, -0)) return "-0";
  if (!isSingle) return String(value);
  // The shortest text that a 32-bit float is read back from.
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

/** Characters that JSON allows as they are but that could disturb or deceive on a terminal. */
const unsafe =
  /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Needs no escape. */
const simple = /^[ !#-[\]-~]*$/;

export function jsonString(text: string): string {
  if (simple.test(text)) return `"${text}"`;
  return terminalSafe(JSON.stringify(text));
}

/** The same JSON, with such characters escaped. */
export function terminalSafe(json: string): string {
  return json.replace(unsafe, escapeUnit);
}

function escapeUnit(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
