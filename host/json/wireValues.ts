/** Readers of single values: encoded, to the JSON text of each. */
import protobuf from "protobufjs";
import { timestampText } from "./time.js";
import type { Read, WireField } from "./wireFields.js";
import { unusual } from "./wireReader.js";
import { enumNames, jsonString, valueWriter } from "./write.js";

/** Of types that no event has: they are decoded. */
export const refuse: Read = () => {
  throw unusual;
};

export function scalarReader(field: protobuf.Field): Read {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Enum) {
    const names = enumNames(resolvedType);
    return (reader, end) => {
      const value = reader.uint32(end) | 0;
      return names.get(value) ?? String(value);
    };
  }
  switch (field.type) {
    case "string":
      return (reader, end) => jsonString(reader.string(end));
    case "bytes":
      return (reader, end) => `"${reader.base64(end)}"`;
    case "bool":
      return (reader, end) => (reader.uint64Text(end) === "0" ? "false" : "true");
    case "uint32":
      return (reader, end) => String(reader.uint32(end));
    case "int32":
      return (reader, end) => String(reader.uint32(end) | 0);
    case "uint64":
      return (reader, end) => `"${reader.uint64Text(end)}"`;
    default:
      return refuse;
  }
}

/** What a field shows if it is not set. */
export function defaultText(field: protobuf.Field): string {
  const { defaultValue } = field;
  return valueWriter(field)(field.type === "bytes" ? new Uint8Array(0) : defaultValue);
}

/** Numbers one behind another. */
export function packedReader(read: Read): Read {
  return (reader, end) => {
    let text = "";
    while (reader.position < end) text += `${text === "" ? "" : ","}${read(reader, end)}`;
    return text;
  };
}

const keyTag = (1 << 3) | 2;
const valueTag = (2 << 3) | 2;

/** An entry of `map<string, string>`, as it is usually written. */
export function entryReader({ keyType, type }: protobuf.MapField): WireField["entry"] {
  if (keyType !== "string" || type !== "string") return refuse as never;
  return (reader, end) => {
    if (reader.uint32(end) !== keyTag) throw unusual;
    const key = reader.string(reader.lengthEnd(end));
    // Codecs pass over that key.
    if (key === "__proto__") throw unusual;
    if (reader.position === end) return [key, '""'];
    if (reader.uint32(end) !== valueTag) throw unusual;
    return [key, jsonString(reader.string(reader.lengthEnd(end)))];
  };
}

const secondsTag = 1 << 3;
const nanosTag = 2 << 3;

/** Events of one second share its text. */
export function timestampReader(): Read {
  let secondsText = "";
  let secondText = "";
  return (reader, end) => {
    let seconds = "0";
    let nanos = 0;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === secondsTag) seconds = reader.uint64Text(end);
      else if (tag === nanosTag) nanos = reader.uint32(end) | 0;
      else throw unusual;
    }
    // Negative numbers, and times that have no date.
    if (seconds.length > 10 || nanos < 0 || nanos > 999_999_999) throw unusual;
    if (nanos === 0) return `"${timestampText({ seconds, nanos })}"`;
    if (seconds !== secondsText) {
      secondText = timestampText({ seconds }).slice(0, -1);
      secondsText = seconds;
    }
    const nine = String(nanos).padStart(9, "0");
    return `"${secondText}.${withoutZeros(nine)}Z"`;
  };
}

/** Three, six or nine digits, as many as are needed. */
function withoutZeros(nine: string): string {
  if (!nine.endsWith("000")) return nine;
  return nine.endsWith("000000") ? nine.slice(0, 3) : nine.slice(0, 6);
}
