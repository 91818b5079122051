/** Hooks that a live source tells of, as records among the others. */
import { writeDefinition, writeEndOfHook } from "../events/hook/definition.js";
import type { HookDescription } from "../policy/hookSpec.js";
import type { RecordLayout, RecordVisitor } from "./source.js";

/**
 * What is told of before a hook is attached is read before any of its records; that a hook is gone,
 * after all of them.
 */
export class Definitions {
  #ahead: Uint8Array[] = [];
  #behind: Uint8Array[] = [];

  constructor(readonly layout: RecordLayout) {}

  define(hooks: readonly HookDescription[]): void {
    for (const each of hooks) this.#ahead.push(writeDefinition(this.layout, each));
  }

  forget(hooks: readonly number[]): void {
    for (const each of hooks) this.#behind.push(writeEndOfHook(this.layout, each));
  }

  /** Whether there is something to read, sooner or later. */
  get waiting(): boolean {
    return this.#ahead.length > 0 || this.#behind.length > 0;
  }

  /** All that must come before the next record. @returns how many. */
  readAhead(visit: RecordVisitor): number {
    const records = this.#ahead;
    this.#ahead = [];
    return visitAll(records, visit);
  }

  /** Call it when there are no more records for now. @returns how many. */
  readBehind(visit: RecordVisitor): number {
    const records = this.#behind;
    this.#behind = [];
    return visitAll(records, visit);
  }
}

function visitAll(records: readonly Uint8Array[], visit: RecordVisitor): number {
  for (const bytes of records) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    visit(bytes, view, 0, bytes.length);
  }
  return records.length;
}
