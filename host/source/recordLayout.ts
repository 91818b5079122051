/**
 * Reads fields of raw records by the offsets of a `RecordLayout`. All offsets are looked up once;
 * a layout that lacks a field is refused then, not in the middle of a flood.
 */
import { GuidestarError } from "../errors.js";
import type { RecordLayout } from "./source.js";

/** Offset of a field such as `header.pid` in a record struct. */
export function offsetOf(layout: RecordLayout, struct: string, field: string): number {
  return structOf(layout, struct).fields[field]?.offset ?? missing(`${struct}.${field}`);
}

/** The same for a field that recordings of older versions lack. */
export function optionalOffsetOf(
  layout: RecordLayout,
  struct: string,
  field: string,
): number | undefined {
  return structOf(layout, struct).fields[field]?.offset;
}

/** Size of a record struct: where its strings begin. */
export function sizeOf(layout: RecordLayout, struct: string): number {
  return structOf(layout, struct).size;
}

/** Value of an enumerator such as `GS_RECORD_EXEC`. */
export function enumerator(layout: RecordLayout, type: string, name: string): number {
  return layout.enums[type]?.[name] ?? missing(`enum ${type}.${name}`);
}

function structOf(layout: RecordLayout, struct: string) {
  return layout.structs[struct] ?? missing(`struct ${struct}`);
}

function missing(what: string): never {
  throw new GuidestarError(
    "FAILED_PRECONDITION",
    `the record layout has no ${what}: the eBPF object or recording is of another version`,
  );
}
