import {
  EMIT_COUNT,
  EMIT_FLAGS,
  EMIT_RELEASE,
  FINDING_MESSAGE_LENGTH,
  FINDING_NAME_LENGTH,
  FINDING_SEVERITY,
  FINDING_TEXT,
  HOLD_SLOT,
  OUTPUT_EVENT,
  OUTPUT_KIND,
  OUTPUT_KIND_EMIT,
  OUTPUT_KIND_FINDING,
  OUTPUT_KIND_PATCH,
  OUTPUT_RECORD_BYTES,
  OUTPUT_SIZE,
  PATCH_FIELD,
  PATCH_LENGTH,
  PATCH_TEXT,
} from "./abi";
import { nextMade, takeOutput } from "./batch";

/** Writes the records of the output area that do more than annotate. */

/** Begins a record of `bytes` bytes, rounded up. */
function begin(kind: u32, subject: u32, bytes: i32): usize {
  const size = (bytes + 7) & ~7;
  const at = takeOutput(<usize>size);
  store<u32>(at, size, OUTPUT_SIZE);
  store<u32>(at, kind, OUTPUT_KIND);
  store<u32>(at, subject, OUTPUT_EVENT);
  return at;
}

/** Returns the number that annotations on it use. */
export function writeEmit(subject: u32, count: u64, release: bool): u32 {
  const at = begin(OUTPUT_KIND_EMIT, subject, OUTPUT_RECORD_BYTES);
  store<u32>(at, release ? EMIT_RELEASE : 0, EMIT_FLAGS);
  store<u64>(at, count, EMIT_COUNT);
  return nextMade();
}

/** Returns the number that attributes of it use. */
export function writeFinding(subject: u32, severity: u32, name: string, message: string): u32 {
  const nameLength = String.UTF8.byteLength(name);
  const messageLength = String.UTF8.byteLength(message);
  const at = begin(OUTPUT_KIND_FINDING, subject, FINDING_TEXT + nameLength + messageLength);
  store<u32>(at, severity, FINDING_SEVERITY);
  store<u32>(at, nameLength, FINDING_NAME_LENGTH);
  store<u32>(at, messageLength, FINDING_MESSAGE_LENGTH);
  writeUtf8(name, at + FINDING_TEXT);
  writeUtf8(message, at + FINDING_TEXT + <usize>nameLength);
  return nextMade();
}

export function writePatch(subject: u32, field: u32, value: string): void {
  const length = String.UTF8.byteLength(value);
  const at = begin(OUTPUT_KIND_PATCH, subject, PATCH_TEXT + length);
  store<u32>(at, field, PATCH_FIELD);
  store<u32>(at, length, PATCH_LENGTH);
  writeUtf8(value, at + PATCH_TEXT);
}

/** `kind`: hold or release. */
export function writeHold(kind: u32, event: u32, slot: u32): void {
  const at = begin(kind, event, OUTPUT_RECORD_BYTES);
  store<u32>(at, slot, HOLD_SLOT);
}

export function writeUtf8(text: string, to: usize): void {
  String.UTF8.encodeUnsafe(
    changetype<usize>(text),
    text.length,
    to,
    false,
    String.UTF8.ErrorMode.REPLACE,
  );
}
