/**
 * JSON nodes into messages, strictly: what the descriptor does not know, or what does not fit its
 * field, is refused with the place and the reason.
 */
import protobuf from "protobufjs";
import { didYouMean } from "../text/suggest.js";
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
  return new Reader(text, options).message(type, node, "") as Message;
}

/** Stands for a value to pass over. */
const skip = Symbol("skip");

class Reader {
  constructor(
    private readonly text: string,
    private readonly options: ReadOptions,
  ) {}

  message(type: protobuf.Type, node: JsonNode, path: string): unknown {
    switch (type.fullName) {
      case ".google.protobuf.Timestamp":
        return this.seconds(node, path, parseTimestamp, "a time such as 2026-01-31T12:00:00.5Z");
      case ".google.protobuf.Duration":
        return this.seconds(node, path, parseDuration, "a duration in seconds such as 1.5s");
    }
    const wrapped = isWrapper(type) ? type.fields.value?.resolve() : undefined;
    if (wrapped !== undefined) return { value: this.single(wrapped, node, path) };
    if (node.kind !== "object") return this.fail(node, path, `an object (${type.name})`);
    const message: Message = {};
    const setBy = new Map<string, string>();
    for (const member of node.members) this.member(type, member, path, message, setBy);
    return message;
  }

  private member(
    type: protobuf.Type,
    { key, keyAt, value }: JsonMember,
    parentPath: string,
    message: Message,
    setBy: Map<string, string>,
  ): void {
    const path = parentPath === "" ? key : `${parentPath}.${key}`;
    const field = fieldNamed(type, key);
    if (field === undefined) {
      if (this.options.onUnknown) {
        this.options.onUnknown(path);
        return;
      }
      const hint = didYouMean(key, Object.keys(type.fields));
      throw new JsonError(`${type.name} has no field ${quote(key)}.${hint}`, keyAt, this.text);
    }
    // A field may be written in two ways, and of a oneof only one member may be set.
    const slot = field.partOf?.fullName ?? field.name;
    if (value.kind === "null") return;
    const earlier = setBy.get(slot);
    if (earlier !== undefined) {
      const reason = `${quote(key)} and ${quote(earlier)} can't both be set`;
      throw new JsonError(reason, keyAt, this.text);
    }
    setBy.set(slot, key);
    const read = this.field(field, value, path);
    if (read !== skip) message[field.name] = read;
  }

  private field(field: protobuf.Field, node: JsonNode, path: string): unknown {
    if (field instanceof protobuf.MapField) {
      if (node.kind !== "object") return this.fail(node, path, "an object");
      const entries: [string, unknown][] = [];
      for (const member of node.members) {
        const value = this.single(field, member.value, `${path}.${member.key}`);
        if (value !== skip) entries.push([mapKey(field, member, this.text), value]);
      }
      return Object.fromEntries(entries);
    }
    if (!field.repeated) return this.single(field, node, path);
    if (node.kind !== "array") return this.fail(node, path, "a list in [ ]");
    return node.items
      .map((item, index) => this.single(field, item, `${path}[${index}]`))
      .filter((item) => item !== skip);
  }

  private single(field: protobuf.Field, node: JsonNode, path: string): unknown {
    const { resolvedType } = field;
    if (resolvedType instanceof protobuf.Type) return this.message(resolvedType, node, path);
    if (resolvedType instanceof protobuf.Enum) return this.enumValue(resolvedType, node, path);
    switch (scalarKind(field.type)) {
      case "string":
        return node.kind === "string" ? node.value : this.fail(node, path, "a string");
      case "bool":
        return node.kind === "boolean" ? node.value : this.fail(node, path, "true or false");
      case "bytes":
        return this.bytes(node, path);
      case "float":
        return this.float(field, node, path);
      case "integer":
        return Number(this.integer(field, node, path));
      case "long":
        return long(this.integer(field, node, path), integerRange(field.type)[0] === 0n);
    }
  }

  private enumValue(type: protobuf.Enum, node: JsonNode, path: string): unknown {
    if (node.kind === "number") {
      const value = Number(node.text);
      if (value === (value | 0)) return value;
    }
    if (node.kind !== "string") return this.fail(node, path, `a name of ${type.name}`);
    const value = Object.hasOwn(type.values, node.value) ? type.values[node.value] : undefined;
    if (value !== undefined) return value;
    if (this.options.onUnknown) {
      this.options.onUnknown(`${path}=${node.value}`);
      return skip;
    }
    const hint = didYouMean(node.value, Object.keys(type.values));
    const reason = `${quote(path)} takes a name of ${type.name}, and ${quote(node.value)} is none.${hint}`;
    throw new JsonError(reason, node.at, this.text);
  }

  private integer(field: protobuf.Field, node: JsonNode, path: string): bigint {
    const [min, max] = integerRange(field.type);
    const expected = `a whole number from ${min} to ${max}`;
    const text = node.kind === "number" ? node.text : node.kind === "string" ? node.value : "";
    const value = wholeNumber(text);
    if (value === undefined || value < min || value > max) return this.fail(node, path, expected);
    return value;
  }

  private float(field: protobuf.Field, node: JsonNode, path: string): number {
    const text = node.kind === "number" ? node.text : node.kind === "string" ? node.value : "";
    if (text === "NaN" || text === "Infinity" || text === "-Infinity") return Number(text);
    const value = jsonNumber.test(text) ? Number(text) : Number.NaN;
    const isInRange = Number.isFinite(field.type === "float" ? Math.fround(value) : value);
    return isInRange ? value : this.fail(node, path, "a number");
  }

  private bytes(node: JsonNode, path: string): Uint8Array {
    const isBase64 = node.kind === "string" && base64.test(node.value);
    return isBase64 ? Buffer.from(node.value, "base64") : this.fail(node, path, "base64 text");
  }

  private seconds(
    node: JsonNode,
    path: string,
    parse: typeof parseTimestamp,
    expected: string,
  ): Message {
    const parsed = node.kind === "string" ? parse(node.value) : undefined;
    if (parsed === undefined) return this.fail(node, path, expected);
    return { seconds: long(parsed.seconds, false), nanos: parsed.nanos };
  }

  private fail(node: JsonNode, path: string, expected: string): never {
    const subject = path === "" ? "this" : quote(path);
    throw new JsonError(`${subject} takes ${expected}, not ${nameOf(node)}`, node.at, this.text);
  }
}

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

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

function mapKey(field: protobuf.MapField, { key, keyAt }: JsonMember, text: string): string {
  if (field.keyType === "string") return key;
  const isBool = field.keyType === "bool";
  const isValid = isBool ? key === "true" || key === "false" : wholeNumber(key) !== undefined;
  if (!isValid) throw new JsonError(`${quote(key)} is no ${field.keyType}`, keyAt, text);
  return key;
}

/** By its original name, or in the camel case that other tools write. */
function fieldNamed(type: protobuf.Type, key: string): protobuf.Field | undefined {
  const name = Object.hasOwn(type.fields, key) ? key : camelNames(type).get(key);
  return name === undefined ? undefined : type.fields[name]?.resolve();
}

const camelCache = new WeakMap<protobuf.Type, Map<string, string>>();

function camelNames(type: protobuf.Type): Map<string, string> {
  let names = camelCache.get(type);
  if (names === undefined) {
    const toCamel = (name: string) => name.replace(/_([a-z0-9])/g, (_, next) => next.toUpperCase());
    names = new Map(Object.keys(type.fields).map((name) => [toCamel(name), name]));
    camelCache.set(type, names);
  }
  return names;
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
