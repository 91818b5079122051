import { ArgumentError, ArgumentKind } from "../../events/hook/constants.js";
import { offsetOf, sizeOf } from "../../source/recordLayout.js";
import { callLayout } from "./callLayout.js";

export type Value = number | bigint | Uint8Array;

/** The value of an argument, as a record has it: the fields of a struct, and what lies behind it. */
export interface Payload {
  readonly kind: keyof typeof ArgumentKind;
  readonly struct?: string;
  readonly values?: Readonly<Record<string, Value>>;
  readonly tail?: Uint8Array;
  /** It could not be read: there is no more of it than its kind. */
  readonly isMissing?: boolean;
}

/** One argument, return value or stack of a record. */
export function argumentRecord(
  position: number,
  payload: Payload,
  error: number = ArgumentError.OK,
): Buffer {
  const head = sizeOf(callLayout, "gs_arg");
  const { kind, struct, values = {}, tail = new Uint8Array(0), isMissing = false } = payload;
  const fixed = struct === undefined ? 0 : sizeOf(callLayout, struct);
  const size = isMissing ? 0 : fixed + tail.length;
  const record = Buffer.alloc((head + size + 7) & ~7);
  const about = { kind: ArgumentKind[kind], position, error, size };
  for (const [name, value] of Object.entries(about)) put(record, "gs_arg", name, value);
  if (isMissing) return record;
  const content = record.subarray(head);
  for (const [name, value] of Object.entries(values)) put(content, struct ?? "", name, value);
  content.set(tail, fixed);
  return record;
}

function put(record: Buffer, struct: string, name: string, value: Value): void {
  const at = offsetOf(callLayout, struct, name);
  const size = callLayout.structs[struct]?.fields[name]?.size ?? 0;
  if (value instanceof Uint8Array) record.set(value.subarray(0, size), at);
  else if (size === 8) record.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), at);
  else record.writeUIntLE(Number(BigInt.asUintN(8 * size, BigInt(value))), at, size);
}
