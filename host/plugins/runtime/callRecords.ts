import {
  CALL_ACTIONS,
  CALL_ARG_COUNT,
  CALL_ARGS,
  CALL_BYTES,
  CALL_FLAGS,
  CALL_HOOK,
  CALL_KERNEL_FRAMES,
  CALL_KERNEL_STACK,
  CALL_OVERRIDE_ERROR,
  CALL_RESERVED,
  CALL_RETURN,
  CALL_SELECTOR,
  CALL_SIGNAL,
  CALL_SIZE,
  CALL_TID,
  CALL_USER_FRAMES,
  CALL_USER_STACK,
  NO_SELECTOR,
  SOCK_BYTES,
} from "../../../plugins/sdk/abi.js";
import { ArgumentCursor } from "../../events/hook/argumentCursor.js";
import { ArgumentKind, Position } from "../../events/hook/constants.js";
import type { Hook } from "../../events/hook/hook.js";
import type { HookEvent } from "../../events/model.js";
import { PLUGIN_LIMITS } from "../limits.js";
import { ArgumentRecords } from "./argumentRecords.js";
import { HookRecords, MOST_HOOK_BYTES } from "./hookRecords.js";

/** Arguments and a return value that a batch shows of one call; and addresses of a stack. */
const MOST_ARGUMENTS = 9;
const MOST_FRAMES = 128;

/** Bytes that one call needs at most, with its hook. */
export const MOST_CALL_BYTES =
  CALL_BYTES +
  MOST_HOOK_BYTES +
  MOST_ARGUMENTS * (SOCK_BYTES + PLUGIN_LIMITS.textBytes + 16) +
  2 * 8 * MOST_FRAMES;

/** Writes what kprobe and tracepoint events have besides their processes. Makes sure of no room. */
export class CallRecords {
  private readonly words: Uint32Array;
  private readonly hooks: HookRecords;
  private readonly arguments: ArgumentRecords;
  private readonly cursor = new ArgumentCursor();
  /** Positions of the argument records of the event at hand. */
  private readonly positions = new Uint32Array(MOST_ARGUMENTS);
  private used = 0;
  private lastHook: Hook | undefined;
  private lastHookAt = 0;

  constructor(buffer: ArrayBuffer) {
    this.words = new Uint32Array(buffer);
    this.hooks = new HookRecords(buffer);
    this.arguments = new ArgumentRecords(buffer);
  }

  /** A new batch begins. */
  begin(): void {
    this.hooks.begin();
    this.lastHook = undefined;
  }

  /** Writes the event record at `at` from `EVENT_DETAIL` on, and all that it refers to, behind it. */
  write(event: HookEvent, at: number): number {
    const { words } = this;
    const word = at >>> 2;
    this.used = at + CALL_BYTES;
    for (let n = CALL_HOOK / 4; n < CALL_BYTES / 4; n++) words[word + n] = 0;
    words[word + CALL_SIZE / 4] = CALL_BYTES;
    words[word + CALL_TID / 4] = event.tid;
    words[word + CALL_ACTIONS / 4] = event.actions;
    words[word + CALL_FLAGS / 4] = event.flags;
    words[word + CALL_SIGNAL / 4] = event.signal;
    words[word + CALL_OVERRIDE_ERROR / 4] = event.overrideError;
    words[word + CALL_SELECTOR / 4] = event.selector ?? NO_SELECTOR;
    words[word + CALL_RESERVED / 4] = 0;
    this.refer(at + CALL_HOOK, this.placeHook(event.hook));
    this.writeArguments(event, at);
    return this.used;
  }

  /** Most often it is the same as before. */
  private placeHook(hook: Hook): number {
    if (hook !== this.lastHook) {
      const { at, end } = this.hooks.place(hook, this.used);
      this.used = end;
      this.lastHook = hook;
      this.lastHookAt = at;
    }
    return this.lastHookAt;
  }

  private writeArguments({ hook, data }: HookEvent, at: number): void {
    const { cursor, words } = this;
    const returned = (at + CALL_RETURN) >>> 2;
    let count = 0;
    cursor.open(data);
    while (cursor.next()) {
      if (cursor.kind === ArgumentKind.STACK) this.writeStack(at);
      else if (cursor.position === Position.RETURN && words[returned] === 0) {
        this.refer(at + CALL_RETURN, this.used);
        this.used = this.arguments.write(cursor, this.hooks.returnOf(hook), this.used);
      } else if (cursor.position < Position.RETURN && count < MOST_ARGUMENTS - 1) {
        this.positions[count++] = this.used;
        const described = this.hooks.argumentOf(hook, cursor.position);
        this.used = this.arguments.write(cursor, described, this.used);
      }
    }
    words[(at + CALL_ARG_COUNT) >>> 2] = count;
    if (count === 0) return;
    this.refer(at + CALL_ARGS, this.used);
    for (let n = 0; n < count; n++) this.refer(this.used + 4 * n, this.positions[n] as number);
    this.used = (this.used + 4 * count + 7) & ~7;
  }

  private writeStack(at: number): void {
    const { cursor, words } = this;
    const isUser = cursor.position === Position.USER_STACK;
    const count = Math.min(cursor.size >>> 3, MOST_FRAMES);
    const reference = at + (isUser ? CALL_USER_STACK : CALL_KERNEL_STACK);
    // A recording may hold anything, also the same stack again and again.
    if (words[reference >>> 2] !== 0) return;
    this.refer(reference, this.used);
    words[(at + (isUser ? CALL_USER_FRAMES : CALL_KERNEL_FRAMES)) >>> 2] = count;
    for (let n = 0; n < 2 * count; n++) words[(this.used >>> 2) + n] = cursor.u32(4 * n);
    this.used += 8 * count;
  }

  private refer(reference: number, to: number): void {
    this.words[reference >>> 2] = to - reference;
  }
}
