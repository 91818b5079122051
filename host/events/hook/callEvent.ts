import { EventType, type HookEvent, type Process } from "../model.js";
import type { Hook } from "./hook.js";
import type { HookData } from "./hookData.js";

/** What the record of a call holds besides its processes and arguments. */
export interface CallFields {
  /** Wall clock, ns since 1970, in two halves of 32 bits, signed: so no number needs memory of its own. */
  readonly timeLow: number;
  readonly timeHigh: number;
  readonly tid: number;
  readonly selector: number | undefined;
  readonly actions: number;
  readonly flags: number;
  readonly signal: number;
  readonly overrideError: number;
}

/** A call that a policy watches, as it comes in floods: one hidden class, and nothing computed ahead. */
class CallEvent {
  sequence = 0;
  annotations: Map<string, string> | undefined = undefined;
  aggregated: number | undefined = undefined;
  destinationNames: readonly string[] | undefined = undefined;
  readonly timeLow: number;
  readonly timeHigh: number;
  readonly tid: number;
  readonly selector: number | undefined;
  readonly actions: number;
  readonly flags: number;
  readonly signal: number;
  readonly overrideError: number;
  readonly parent: Process | undefined;

  constructor(
    readonly type: HookEvent["type"],
    readonly hook: Hook,
    readonly process: Process,
    fields: CallFields,
    readonly data: HookData,
  ) {
    this.timeLow = fields.timeLow;
    this.timeHigh = fields.timeHigh;
    this.tid = fields.tid;
    this.selector = fields.selector;
    this.actions = fields.actions;
    this.flags = fields.flags;
    this.signal = fields.signal;
    this.overrideError = fields.overrideError;
    this.parent = process.parent;
  }

  get timeNs(): bigint {
    return BigInt.asUintN(64, (BigInt(this.timeHigh) << 32n) | BigInt(this.timeLow >>> 0));
  }
}

export function callEvent(
  hook: Hook,
  process: Process,
  fields: CallFields,
  data: HookData,
): HookEvent {
  const type = hook.isTracepoint ? EventType.TRACEPOINT : EventType.KPROBE;
  return new CallEvent(type, hook, process, fields, data) as HookEvent;
}
