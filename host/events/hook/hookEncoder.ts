import { MessageBuilder } from "../messageBuilder.js";
import { EventType, type HookEvent } from "../model.js";
import { signalName } from "../signals.js";
import type { WireWriter } from "../wire.js";
import { ArgumentCursor } from "./argumentCursor.js";
import { encodeArgument } from "./argumentEncoder.js";
import { ArgumentKind, HookAction, HookFlag, Position } from "./constants.js";
import { FieldWriter } from "./fieldWriter.js";
import type { Hook } from "./hook.js";

/** `fgs.KprobeAction`: there are no others. */
const ApiAction = { POST: 1, FOLLOW_FD: 2, SIGKILL: 3, UNFOLLOW_FD: 4, OVERRIDE: 5 } as const;

/** Numbers of fields that differ between the two messages. */
const fieldsOf = {
  [EventType.KPROBE]: {
    args: 4,
    action: 6,
    policy: 2008,
    message: 2010,
    tags: 2011,
    kernelStack: 2007,
    userStack: 2012,
  },
  [EventType.TRACEPOINT]: {
    args: 6,
    action: 2008,
    policy: 2007,
    message: 2009,
    tags: 2010,
    kernelStack: 2012,
    userStack: 2013,
  },
} as const;
const returnField = 5;
const field = {
  kind: 2000,
  where: 2001,
  actions: 2002,
  monitored: 2003,
  actionFailed: 2004,
  selector: 2005,
  tid: 2006,
  signal: 2014,
  overrideError: 2015,
} as const;

const sigkill = 9;

/** Writes what an event of a policy has besides its processes. */
export class HookEncoder {
  readonly #to = new FieldWriter();
  readonly #cursor = new ArgumentCursor();

  /** Appends the fields. */
  encode(event: HookEvent, wire: WireWriter): void {
    const to = this.#to;
    to.wire = wire;
    const { hook, flags } = event;
    const fields = fieldsOf[event.type];
    this.#arguments(event);
    to.present(fields.action, apiAction(event));
    for (let number = 1; number <= mostActions; number++)
      if (((event.actions >>> (number - 1)) & 1) !== 0) to.present(field.actions, number);
    to.flag(field.monitored, (flags & HookFlag.MONITORED) !== 0);
    to.flag(field.actionFailed, (flags & HookFlag.ACTION_FAILED) !== 0);
    if (event.selector !== undefined) {
      const start = to.begin(field.selector);
      to.uint(1, event.selector);
      to.end(start);
    }
    to.uint(field.tid, event.tid);
    if (event.signal !== 0) to.string(field.signal, signalName(event.signal));
    to.int32(field.overrideError, event.overrideError);
    hook.wire ??= encodeHook(hook);
    wire.reserve(hook.wire.length);
    wire.raw(hook.wire);
  }

  #arguments({ type, hook, data }: HookEvent): void {
    const cursor = this.#cursor.open(data);
    const fields = fieldsOf[type];
    while (cursor.next()) {
      if (cursor.kind === ArgumentKind.STACK) {
        const isUser = cursor.position === Position.USER_STACK;
        this.#stack(isUser ? fields.userStack : fields.kernelStack);
      } else if (cursor.position < Position.RETURN)
        this.#argument(fields.args, hook.args[cursor.position]);
      // A tracepoint returns nothing.
      else if (cursor.position === Position.RETURN && type === EventType.KPROBE)
        this.#argument(returnField, hook.returned);
    }
  }

  #argument(number: number, argument: Hook["args"][number] | undefined): void {
    const start = this.#to.begin(number);
    encodeArgument(this.#cursor, argument, this.#to);
    this.#to.end(start);
  }

  #stack(number: number): void {
    const cursor = this.#cursor;
    for (let at = 0; at + 8 <= cursor.size; at += 8) {
      const start = this.#to.begin(number);
      this.#to.uint64(1, cursor.u32(at), cursor.u32(at + 4));
      this.#to.end(start);
    }
  }
}

/** `guidestar.HookAction`: n stands for bit n-1. */
const mostActions = 6;

/** What matters most of what was done. */
function apiAction({ actions, signal }: HookEvent): number {
  if ((actions & HookAction.SIGNAL) !== 0 && signal === sigkill) return ApiAction.SIGKILL;
  if ((actions & HookAction.OVERRIDE) !== 0) return ApiAction.OVERRIDE;
  if ((actions & HookAction.UNFOLLOW_FD) !== 0) return ApiAction.UNFOLLOW_FD;
  if ((actions & HookAction.FOLLOW_FD) !== 0) return ApiAction.FOLLOW_FD;
  return ApiAction.POST;
}

/** `guidestar.HookKind` */
const kindNumbers = {
  function: 1,
  syscall: 2,
  tracepoint: 3,
  rawTracepoint: 4,
  lsm: 5,
  uprobe: 6,
} as const;

/** What is the same in all of its events. */
function encodeHook(hook: Hook): Uint8Array {
  const { policy, kind, functionName, subsystem, where, message, tags } = hook.description;
  const fields = fieldsOf[hook.isTracepoint ? EventType.TRACEPOINT : EventType.KPROBE];
  const builder = new MessageBuilder();
  if (hook.isTracepoint) builder.string(4, subsystem ?? "").string(5, functionName);
  else builder.string(3, functionName).string(field.where, where ?? "");
  builder
    .uint(field.kind, kindNumbers[kind])
    .string(fields.policy, policy)
    .string(fields.message, message ?? "");
  for (const tag of tags) builder.string(fields.tags, tag);
  return builder.finish();
}
