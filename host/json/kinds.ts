/** What kinds of values fields have, as far as JSON cares. */
import type protobuf from "protobufjs";

export type ScalarKind = "string" | "bytes" | "bool" | "integer" | "long" | "float";

export function scalarKind(type: string): ScalarKind {
  switch (type) {
    case "string":
    case "bytes":
    case "bool":
      return type;
    case "double":
    case "float":
      return "float";
    case "int64":
    case "uint64":
    case "sint64":
    case "fixed64":
    case "sfixed64":
      return "long";
    default:
      return "integer";
  }
}

/** Smallest and largest value of an integer type. */
export function integerRange(type: string): readonly [bigint, bigint] {
  const bits = type.endsWith("64") ? 64n : 32n;
  const isUnsigned = type.startsWith("u") || type.startsWith("fixed");
  return isUnsigned ? [0n, (1n << bits) - 1n] : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
}

/** Whether a message is one of `google.protobuf`'s wrappers of a single value. */
export function isWrapper(type: protobuf.Type): boolean {
  return /^\.google\.protobuf\.(Double|Float|Int64|UInt64|Int32|UInt32|Bool|String|Bytes)Value$/.test(
    type.fullName,
  );
}
