/** Definitions of hooks as records: what the records of a hook do not say, in front of the first. */

import type { ArgumentDescription, HookDescription } from "../../policy/hookSpec.js";
import { enumerator, offsetOf, sizeOf } from "../../source/recordLayout.js";
import type { RecordLayout } from "../../source/source.js";
import { isHookPods } from "./podSelection.js";

/** A record of `struct gs_hook_definition`. */
export function writeDefinition(layout: RecordLayout, description: HookDescription): Uint8Array {
  return write(layout, description.hook, Buffer.from(JSON.stringify(description)));
}

/** A definition without content: the hook is gone, and no record of it follows. */
export function writeEndOfHook(layout: RecordLayout, hook: number): Uint8Array {
  return write(layout, hook, Buffer.alloc(0));
}

function write(layout: RecordLayout, hook: number, json: Buffer): Uint8Array {
  const struct = "gs_hook_definition";
  const start = sizeOf(layout, struct);
  // Padded, so that the records that follow it in a file are as aligned as in the ring.
  const record = Buffer.alloc((start + json.length + 7) & ~7);
  const type = enumerator(layout, "gs_record_type", "GS_RECORD_HOOK_DEFINITION");
  record.writeUInt32LE(record.length, offsetOf(layout, struct, "header.size"));
  record.writeUInt16LE(type, offsetOf(layout, struct, "header.type"));
  record.writeUInt32LE(hook, offsetOf(layout, struct, "hook"));
  record.writeUInt32LE(json.length, offsetOf(layout, struct, "size"));
  json.copy(record, start);
  return record;
}

/** @returns undefined if this is no description: a recording may hold anything. */
export function parseDescription(json: string, hook: number): HookDescription | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isObject(value) || value.hook !== hook) return undefined;
  const { policy, kind, functionName, args, returned, tags } = value;
  const isDescription =
    typeof policy === "string" &&
    typeof kind === "string" &&
    kinds.has(kind) &&
    typeof functionName === "string" &&
    ["subsystem", "where", "message"].every((name) => isOptionalText(value[name])) &&
    Array.isArray(tags) &&
    tags.every((tag) => typeof tag === "string") &&
    Array.isArray(args) &&
    args.every(isArgument) &&
    (returned === undefined || isArgument(returned)) &&
    (value.pods === undefined || isHookPods(value.pods));
  return isDescription ? (value as unknown as HookDescription) : undefined;
}

const kinds: ReadonlySet<string> = new Set<HookDescription["kind"]>([
  "function",
  "syscall",
  "tracepoint",
  "rawTracepoint",
  "lsm",
  "uprobe",
]);

function isArgument(value: unknown): value is ArgumentDescription {
  return (
    isObject(value) &&
    typeof value.type === "string" &&
    typeof value.index === "number" &&
    isOptionalText(value.label)
  );
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
