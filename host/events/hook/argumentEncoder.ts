import type { ArgumentCursor } from "./argumentCursor.js";
import { argumentField, encodeCapabilities } from "./argumentFields.js";
import { ArgumentError, ArgumentKind, errorTexts } from "./constants.js";
import type { FieldWriter } from "./fieldWriter.js";
import { type HookArgument, IntegerForm } from "./hook.js";
import { capabilityName } from "./names.js";
import { encodeStruct } from "./structEncoder.js";

/** What clients of the API know an unreadable buffer by. */
const errorBytes: Readonly<Record<number, Buffer>> = {
  [ArgumentError.FAULT]: Buffer.from("CharBufErrorPageFault"),
  [ArgumentError.NO_MEMORY]: Buffer.from("CharBufErrorENOMEM"),
  [ArgumentError.TOO_LARGE]: Buffer.from("CharBufErrorBufTooLarge"),
  [ArgumentError.NULL]: Buffer.from("CharBufErrorPageFault"),
};

/** Writes the content of one `fgs.KprobeArgument`. @param argument undefined: the policy has none there */
export function encodeArgument(
  cursor: ArgumentCursor,
  argument: HookArgument | undefined,
  to: FieldWriter,
): void {
  const { error } = cursor;
  if (error !== ArgumentError.OK && cursor.kind === ArgumentKind.BYTES && errorBytes[error])
    to.bytes(argumentField.bytes, errorBytes[error]);
  else if (cursor.hasValue) encodeValue(cursor, argument, to);
  if (argument?.description.label) to.string(argumentField.label, argument.description.label);
  if (error !== ArgumentError.OK)
    to.string(argumentField.error, errorTexts[error] ?? `error ${error}`);
}

function encodeValue(
  cursor: ArgumentCursor,
  argument: HookArgument | undefined,
  to: FieldWriter,
): void {
  const { bytes } = cursor.data.fields;
  switch (cursor.kind) {
    case ArgumentKind.INT:
      encodeInteger(cursor, argument?.form ?? IntegerForm.UNSIGNED, to);
      return;
    case ArgumentKind.STRING:
      to.textIn(
        argumentField.string,
        cursor.data.bytes,
        cursor.start + bytes.end,
        cursor.end,
        true,
      );
      return;
    case ArgumentKind.BYTES:
      encodeBytes(cursor, to);
      return;
    default:
      encodeStruct(cursor, argument, to);
  }
}

function encodeInteger(cursor: ArgumentCursor, form: number, to: FieldWriter): void {
  const low = cursor.u32(0);
  const high = cursor.u32(4);
  switch (form) {
    case IntegerForm.INT32:
      to.presentInt32(argumentField.int, low | 0);
      return;
    case IntegerForm.CAPABILITY: {
      to.presentInt32(argumentField.int, low | 0);
      const start = to.begin(argumentField.capability);
      to.uint(1, low);
      to.string(2, capabilityName(low));
      to.end(start);
      return;
    }
    case IntegerForm.INT64: {
      to.present64(argumentField.size, low, high);
      const start = to.begin(argumentField.long);
      to.uint64(1, low, high);
      to.end(start);
      return;
    }
    case IntegerForm.CAPABILITY_SET: {
      to.present64(argumentField.size, low, high);
      const start = to.begin(argumentField.capabilities);
      encodeCapabilities(1, low, high, to);
      to.end(start);
      return;
    }
    default:
      to.present64(argumentField.size, low, high);
  }
}

function encodeBytes(cursor: ArgumentCursor, to: FieldWriter): void {
  const { bytes: of } = cursor.data.fields;
  const content = cursor.rest(of.end);
  const low = cursor.u32(of.original_size);
  const high = cursor.u32(of.original_size + 4);
  if (high === 0 && low <= content.length) {
    to.bytes(argumentField.bytes, content);
    return;
  }
  const start = to.begin(argumentField.truncatedBytes);
  to.bytes(1, content);
  to.present64(2, low, high);
  to.end(start);
}
