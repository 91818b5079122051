import {
  DESCRIPTION_BYTES,
  DESCRIPTION_INDEX,
  DESCRIPTION_LABEL,
  DESCRIPTION_TYPE,
  HOOK_BYTES,
  HOOK_FUNCTION,
  HOOK_KIND,
  HOOK_KIND_FUNCTION,
  HOOK_KIND_LSM,
  HOOK_KIND_RAW_TRACEPOINT,
  HOOK_KIND_SYSCALL,
  HOOK_KIND_TRACEPOINT,
  HOOK_KIND_UPROBE,
  HOOK_MESSAGE,
  HOOK_POLICY,
  HOOK_RESERVED,
  HOOK_SUBSYSTEM,
  HOOK_TAG_COUNT,
  HOOK_TAGS,
  HOOK_WHERE,
  TEXT_BYTES,
} from "../../../plugins/sdk/abi.js";
import type { Hook, HookArgument } from "../../events/hook/hook.js";
import { writeCut } from "./writeCut.js";

/** Where a batch cuts texts of a hook, and how many tags and arguments of it a plugin sees. */
const MOST_TEXT = 1024;
const MOST_TAGS = 16;
const MOST_ARGUMENTS = 8;
const MOST_DESCRIPTION_TEXT = 256;

/** Bytes that a hook record needs at most, with all that it refers to. */
export const MOST_HOOK_BYTES =
  HOOK_BYTES +
  (5 + MOST_TAGS) * (MOST_TEXT + TEXT_BYTES) +
  (MOST_ARGUMENTS + 1) * (DESCRIPTION_BYTES + 2 * MOST_DESCRIPTION_TEXT) +
  64;

interface Placed {
  readonly at: number;
  /** Where the descriptions of its arguments are; that of the return value is the last. */
  readonly descriptions: readonly number[];
}

const kinds = {
  function: HOOK_KIND_FUNCTION,
  syscall: HOOK_KIND_SYSCALL,
  tracepoint: HOOK_KIND_TRACEPOINT,
  rawTracepoint: HOOK_KIND_RAW_TRACEPOINT,
  lsm: HOOK_KIND_LSM,
  uprobe: HOOK_KIND_UPROBE,
} as const;

/** Hook records: one a batch for each hook, however many events it has. */
export class HookRecords {
  private readonly bytes: Buffer;
  private readonly words: Uint32Array;
  private readonly placed = new Map<Hook, Placed>();
  private used = 0;

  constructor(buffer: ArrayBuffer) {
    this.bytes = Buffer.from(buffer);
    this.words = new Uint32Array(buffer);
  }

  begin(): void {
    this.placed.clear();
  }

  /** @returns where the record is, and where what is written next begins: `free`, or behind the record. */
  place(hook: Hook, free: number): { readonly at: number; readonly end: number } {
    const known = this.placed.get(hook);
    if (known) return { at: known.at, end: free };
    this.used = free + HOOK_BYTES;
    const { description } = hook;
    const word = free >>> 2;
    this.words[word + HOOK_KIND / 4] = kinds[description.kind];
    this.words[word + HOOK_RESERVED / 4] = 0;
    this.text(free + HOOK_FUNCTION, description.functionName);
    this.text(free + HOOK_SUBSYSTEM, description.subsystem ?? "");
    this.text(free + HOOK_POLICY, description.policy);
    this.text(free + HOOK_MESSAGE, description.message ?? "");
    this.text(free + HOOK_WHERE, description.where ?? "");
    this.tags(free, description.tags);
    const all = hook.args.slice(0, MOST_ARGUMENTS);
    const descriptions = all.map((argument) => this.describe(argument));
    if (hook.returned) descriptions.push(this.describe(hook.returned));
    this.placed.set(hook, { at: free, descriptions });
    this.used = (this.used + 7) & ~7;
    return { at: free, end: this.used };
  }

  /** Where the description of an argument of a hook is that was placed; 0: there is none. */
  argumentOf(hook: Hook, position: number): number {
    if (position >= Math.min(hook.args.length, MOST_ARGUMENTS)) return 0;
    return this.placed.get(hook)?.descriptions[position] ?? 0;
  }

  returnOf(hook: Hook): number {
    return hook.returned ? (this.placed.get(hook)?.descriptions.at(-1) ?? 0) : 0;
  }

  private tags(at: number, all: readonly string[]): void {
    const tags = all.slice(0, MOST_TAGS);
    this.used = (this.used + 7) & ~7;
    const start = this.used;
    this.words[(at + HOOK_TAGS) >>> 2] = start - (at + HOOK_TAGS);
    this.words[(at + HOOK_TAG_COUNT) >>> 2] = tags.length;
    this.used += tags.length * TEXT_BYTES;
    tags.forEach((tag, n) => {
      this.text(start + n * TEXT_BYTES, tag);
    });
  }

  private describe({ description }: HookArgument): number {
    this.used = (this.used + 7) & ~7;
    const at = this.used;
    this.used += DESCRIPTION_BYTES;
    this.text(at + DESCRIPTION_TYPE, description.type, MOST_DESCRIPTION_TEXT);
    this.text(at + DESCRIPTION_LABEL, description.label ?? "", MOST_DESCRIPTION_TEXT);
    this.words[(at + DESCRIPTION_INDEX) >>> 2] = description.index;
    this.words[(at + DESCRIPTION_INDEX + 4) >>> 2] = 0;
    return at;
  }

  private text(reference: number, text: string, most = MOST_TEXT): void {
    const { bytes } = writeCut(this.bytes, text, this.used, most);
    this.words[reference >>> 2] = this.used - reference;
    this.words[(reference >>> 2) + 1] = bytes;
    this.used += bytes;
  }
}
