/**
 * JSON for API messages as the protobuf project defines it (protojson), driven by the descriptors:
 * original field names, defaults left out, enum values by name, 64-bit integers as strings, bytes
 * in base64, wrappers bare, times in RFC 3339.
 */
import { parseJson, parseJsonValues } from "./parse.js";
import { type ReadOptions, readMessage } from "./read.js";
import { messageType } from "./schema.js";
import { messageWriter } from "./write.js";

export { JsonError } from "./parse.js";
export type { ReadOptions } from "./read.js";

/** The function that writes messages of a type, as `fgs.GetEventsResponse`, on one line each. */
export function jsonWriter(typeName: string): (message: object) => string {
  return messageWriter(messageType(typeName));
}

/** Writes one message on one line. For many of them take `jsonWriter`. */
export function toJson(typeName: string, message: object): string {
  return jsonWriter(typeName)(message);
}

/** Reads one message. Throws a `JsonError` that names the place. */
export function fromJson<T>(typeName: string, text: string, options?: ReadOptions): T {
  return readMessage(messageType(typeName), parseJson(text), text, options) as T;
}

/** Reads messages that stand one after another, with blanks or nothing between. */
export function fromJsonValues<T>(typeName: string, text: string, options?: ReadOptions): T[] {
  const type = messageType(typeName);
  return parseJsonValues(text).map((node) => readMessage(type, node, text, options) as T);
}
