/**
 * JSON nodes into messages, strictly: what the descriptor does not know, or what does not fit its
 * field, is refused with the place and the reason.
 */
import protobuf from "protobufjs";
import { didYouMean } from "../suggest.js";
import { integerRange, isWrapper, scalarKind } from "./kinds.js";
import { JsonError, type JsonMember, type JsonNode } from "./parse.js";
import { parseDuration, parseTimestamp } from "./time.js";

export interface ReadOptions {
  /**
   * Called with the path of every name that the descriptor does not know, as
   * `process_exec.process.in_init_tree`; the member is then passed over. Without it such names are
   * errors.
   */
  readonly onUnknown?: (path: string) => void;
}

type Message = Record<string, unknown>;

/** Reads one message; `text` is what the node was parsed from. */
export function readMessage(
  type: protobuf.Type,
  node: JsonNode,
  text: string,
  options: ReadOptions = {},
): Message {
  return messageReader(type)(node, "", { text, onUnknown: options.onUnknown }) as Message;
}

interface Context {
  readonly text: string;
  readonly onUnknown: ReadOptions["onUnknown"];
}

/** Reads a value; `path` names it in errors. */
type Reader = (node: JsonNode, path: string, context: Context) => unknown;

/** A reader's result for a value to pass over. */
const skip = Symbol("skip");

/** What a type needs is found out once, from its descriptor. */
const readers = new WeakMap<protobuf.Type, Reader>();

function messageReader(type: protobuf.Type): Reader {
  const known = readers.get(type);
  if (known !== undefined) return known;
  // Registered before it is built, for types that contain themselves.
  let built: Reader | undefined;
  const lazy: Reader = (node, path, context) => {
    built ??= build(type);
    return built(node, path, context);
  };
  readers.set(type, lazy);
  built = build(type);
  readers.set(type, built);
  return built;
}

function build(type: protobuf.Type): Reader {
  switch (type.fullName) {
    case ".google.protobuf.Timestamp":
      return secondsReader(parseTimestamp, "a time such as 2026-01-31T12:00:00.5Z");
    case ".google.protobuf.Duration":
      return secondsReader(parseDuration, "a duration in seconds such as 1.5s");
    case ".google.protobuf.FieldMask":
      return maskReader(messageFieldsReader(type));
  }
  const wrapped = isWrapper(type) ? type.fields.value?.resolve() : undefined;
  if (wrapped !== undefined) {
    const read = valueReader(wrapped);
    return (node, path, context) => ({ value: read(node, path, context) });
  }
  return messageFieldsReader(type);
}

function messageFieldsReader(type: protobuf.Type): Reader {
  const fields = fieldsByName(type);
  return (node, path, context) => {
    if (node.kind !== "object") return fail(node, path, `an object (${type.name})`, context);
    const message: Message = {};
    const setBy = new Map<string, string>();
    for (const member of node.members) {
      const field = fields.get(member.key);
      const memberPath = path === "" ? member.key : `${path}.${member.key}`;
      if (field === undefined) passOver(type, member, memberPath, context);
      else readMember(field, member, memberPath, message, setBy, context);
    }
    return message;
  };
}

interface KnownField {
  readonly name: string;
  /** A field may be written in two ways, and of a oneof only one member may be set. */
  readonly slot: string;
  readonly read: Reader;
}

/** Under the original names, and the camel case that other tools write. */
function fieldsByName(type: protobuf.Type): Map<string, KnownField> {
  const fields = new Map<string, KnownField>();
  for (const field of type.fieldsArray) {
    field.resolve();
    const slot = field.partOf ? `oneof ${field.partOf.name}` : field.name;
    const known = { name: field.name, slot, read: fieldReader(field) };
    const camel = field.name.replace(/_([a-z0-9])/g, (_, next: string) => next.toUpperCase());
    fields.set(field.name, known).set(camel, known);
  }
  return fields;
}

function readMember(
  { name, slot, read }: KnownField,
  { key, keyAt, value }: JsonMember,
  path: string,
  message: Message,
  setBy: Map<string, string>,
  context: Context,
): void {
  if (value.kind === "null") return;
  const earlier = setBy.get(slot);
  if (earlier !== undefined) {
    const reason = `${quote(key)} and ${quote(earlier)} can't both be set`;
    throw new JsonError(reason, keyAt, context.text);
  }
  setBy.set(slot, key);
  const result = read(value, path, context);
  if (result !== skip) message[name] = result;
}

function passOver(type: protobuf.Type, member: JsonMember, path: string, context: Context): void {
  if (context.onUnknown) {
    context.onUnknown(path);
    return;
  }
  const hint = didYouMean(member.key, Object.keys(type.fields));
  const reason = `${type.name} has no field ${quote(member.key)}.${hint}`;
  throw new JsonError(reason, member.keyAt, context.text);
}

function fieldReader(field: protobuf.Field): Reader {
  const read = valueReader(field);
  if (field instanceof protobuf.MapField) return mapReader(field.keyType, read);
  if (!field.repeated) return read;
  return (node, path, context) => {
    if (node.kind !== "array") return fail(node, path, "a list in [ ]", context);
    return node.items
      .map((item, index) => read(item, `${path}[${index}]`, context))
      .filter((item) => item !== skip);
  };
}

function mapReader(keyType: string, read: Reader): Reader {
  return (node, path, context) => {
    if (node.kind !== "object") return fail(node, path, "an object", context);
    const entries: [string, unknown][] = [];
    for (const { key, keyAt, value } of node.members) {
      if (!isKey(keyType, key)) {
        throw new JsonError(`${quote(key)} is no ${keyType}`, keyAt, context.text);
      }
      const result = read(value, `${path}.${key}`, context);
      if (result !== skip) entries.push([key, result]);
    }
    return Object.fromEntries(entries);
  };
}

function isKey(keyType: string, key: string): boolean {
  if (keyType === "string") return true;
  if (keyType === "bool") return key === "true" || key === "false";
  const value = wholeNumber(key);
  const [min, max] = integerRange(keyType);
  return value !== undefined && value >= min && value <= max;
}

function valueReader(field: protobuf.Field): Reader {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) return messageReader(resolvedType);
  if (resolvedType instanceof protobuf.Enum) return enumReader(resolvedType);
  switch (scalarKind(field.type)) {
    case "string":
      return (node, path, context) =>
        node.kind === "string" ? node.value : fail(node, path, "a string", context);
    case "bool":
      return (node, path, context) =>
        node.kind === "boolean" ? node.value : fail(node, path, "true or false", context);
    case "bytes":
      return (node, path, context) =>
        node.kind === "string" && base64.test(node.value)
          ? Buffer.from(node.value, "base64")
          : fail(node, path, "base64 text", context);
    case "float":
      return floatReader(field.type === "float");
    case "integer":
      return integerReader(field.type, Number);
    case "long": {
      const isUnsigned = integerRange(field.type)[0] === 0n;
      return integerReader(field.type, (value) => long(value, isUnsigned));
    }
  }
}

function enumReader(type: protobuf.Enum): Reader {
  const values = new Map(Object.entries(type.values));
  return (node, path, context) => {
    if (node.kind === "number") {
      const value = Number(node.text);
      if (value === (value | 0)) return value;
    }
    if (node.kind !== "string") return fail(node, path, `a name of ${type.name}`, context);
    const value = values.get(node.value);
    if (value !== undefined) return value;
    if (context.onUnknown) {
      context.onUnknown(`${path}=${node.value}`);
      return skip;
    }
    const hint = didYouMean(node.value, values.keys());
    const reason = `${quote(path)} takes a name of ${type.name}, and ${quote(node.value)} is none.${hint}`;
    throw new JsonError(reason, node.at, context.text);
  };
}

function integerReader(fieldType: string, convert: (value: bigint) => unknown): Reader {
  const [min, max] = integerRange(fieldType);
  const expected = `a whole number from ${min} to ${max}`;
  return (node, path, context) => {
    const value = wholeNumber(numberText(node));
    if (value === undefined || value < min || value > max)
      return fail(node, path, expected, context);
    return convert(value);
  };
}

function floatReader(isSingle: boolean): Reader {
  return (node, path, context) => {
    const text = numberText(node);
    if (text === "NaN" || text === "Infinity" || text === "-Infinity") return Number(text);
    const value = jsonNumber.test(text) ? Number(text) : Number.NaN;
    const isInRange = Number.isFinite(isSingle ? Math.fround(value) : value);
    return isInRange ? value : fail(node, path, "a number", context);
  };
}

function secondsReader(parse: typeof parseTimestamp, expected: string): Reader {
  return (node, path, context) => {
    const parsed = node.kind === "string" ? parse(node.value) : undefined;
    if (parsed === undefined) return fail(node, path, expected, context);
    return { seconds: long(parsed.seconds, false), nanos: parsed.nanos };
  };
}

/** Paths with commas between, in camel case or as they are; or the object that other tools write. */
function maskReader(readObject: Reader): Reader {
  return (node, path, context) => {
    if (node.kind !== "string") return readObject(node, path, context);
    const paths = node.value.split(",").map((one) => one.trim().replace(/[A-Z]/g, snakeCase));
    return { paths: paths.length === 1 && paths[0] === "" ? [] : paths };
  };
}

function snakeCase(letter: string): string {
  return `_${letter.toLowerCase()}`;
}

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Numbers may be written as strings, and 64-bit ones are. */
function numberText(node: JsonNode): string {
  return node.kind === "number" ? node.text : node.kind === "string" ? node.value : "";
}

/** The exact value of `12`, `12.0` or `1.2e1`; undefined for anything that is not whole. */
function wholeNumber(text: string): bigint | undefined {
  if (!jsonNumber.test(text)) return undefined;
  if (/^-?\d+$/.test(text)) return BigInt(text);
  const value = Number(text);
  return Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

function long(value: bigint, isUnsigned: boolean): unknown {
  const bits = new protobuf.util.LongBits(
    Number(BigInt.asUintN(32, value)),
    Number(BigInt.asUintN(32, value >> 32n)),
  );
  return bits.toLong(isUnsigned);
}

function fail(node: JsonNode, path: string, expected: string, { text }: Context): never {
  const subject = path === "" ? "this" : quote(path);
  throw new JsonError(`${subject} takes ${expected}, not ${nameOf(node)}`, node.at, text);
}

function nameOf(node: JsonNode): string {
  switch (node.kind) {
    case "string":
      return `the string ${quote(node.value)}`;
    case "number":
      return node.text;
    case "boolean":
      return String(node.value);
    case "object":
      return "an object";
    case "array":
      return "a list";
    case "null":
      return "null";
  }
}

function quote(text: string): string {
  const json = JSON.stringify(text);
  return json.length > 60 ? `${json.slice(0, 56)}…"` : json;
}
