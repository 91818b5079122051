import type { RecordLayout } from "../../source/source.js";
import type { HookEvent } from "../model.js";
import type { CachedProcess } from "../process.js";
import { isWellFormed } from "./argumentCursor.js";
import { type CallFields, callEvent } from "./callEvent.js";
import { NO_SELECTOR } from "./constants.js";
import { parseDescription } from "./definition.js";
import { Hook } from "./hook.js";
import { HookDataKeeper } from "./hookData.js";
import { type HookFields, hookFields } from "./hookFields.js";

/** What the decoder of all records does for this one. */
export interface HookDecoderHost {
  /** Added to CLOCK_BOOTTIME to get the wall clock, ns: two halves of 32 bits, unsigned. */
  readonly bootToWallLow: number;
  readonly bootToWallHigh: number;
  /**
   * The process that is named at these places, as is its parent; known by its name alone if nothing
   * was heard of it.
   */
  caller(
    view: DataView,
    pidAt: number,
    keyAt: number,
    parentPidAt: number,
    parentKeyAt: number,
  ): CachedProcess;
}

/** Where in every record: offsets of `struct gs_header`. */
interface HeaderFields {
  readonly time: number;
  readonly key: number;
  readonly pid: number;
  readonly tid: number;
}

/** "malformed": it makes no sense. "unknown": nothing was told of its hook. */
export type HookOutcome = HookEvent | undefined | "malformed" | "unknown";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Records of hooks, and the definitions that they are read by. */
export class HookDecoder {
  readonly #fields: HookFields;
  readonly #keeper: HookDataKeeper;
  readonly #hooks = new Map<number, Hook>();
  #lastNumber = -1;
  #last: Hook | undefined;
  readonly #fieldsOfCall: Mutable<CallFields> = {
    timeLow: 0,
    timeHigh: 0,
    tid: 0,
    selector: undefined,
    actions: 0,
    flags: 0,
    signal: 0,
    overrideError: 0,
  };

  private constructor(
    fields: HookFields,
    readonly header: HeaderFields,
    isStable: boolean,
  ) {
    this.#fields = fields;
    this.#keeper = new HookDataKeeper(fields, isStable);
  }

  /** `isStable`: memory of records is never written again. @returns undefined if the source is from before there were policies. */
  static for(
    layout: RecordLayout,
    header: HeaderFields,
    isStable = false,
  ): HookDecoder | undefined {
    const fields = hookFields(layout);
    return fields && new HookDecoder(fields, header, isStable);
  }

  /** Whether one of them is for certain pods only. */
  areForPods = false;

  /** The hooks that are known. */
  get hooks(): Iterable<Hook> {
    return this.#hooks.values();
  }

  /** Whether records of this type are for `decode`. */
  takes(type: number): boolean {
    return type === this.#fields.types.hook || type === this.#fields.types.definition;
  }

  decode(
    host: HookDecoderHost,
    type: number,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    size: number,
  ): HookOutcome {
    if (type === this.#fields.types.definition) return this.#define(bytes, view, offset, size);
    const { header } = this;
    const { event: of } = this.#fields;
    if (size < of.end) return "malformed";
    const hook = this.#hookOf(view.getUint32(offset + of.hook, true));
    if (!hook) return "unknown";
    const data = this.#keeper.keep(bytes, view, offset + of.end, size - of.end);
    if (!isWellFormed(data, view.getUint8(offset + of.args))) return "malformed";
    const process = host.caller(
      view,
      offset + header.pid,
      offset + header.key,
      offset + of["parent.pid"],
      offset + of["parent.key_ns"],
    );
    hook.events++;
    return callEvent(hook, process, this.#call(host, view, offset), data);
  }

  /** In one object that is used again and again. */
  #call(host: HookDecoderHost, view: DataView, offset: number): CallFields {
    const { header } = this;
    const { event: of } = this.#fields;
    const call = this.#fieldsOfCall;
    const time = offset + header.time;
    const low = view.getUint32(time, true) + host.bootToWallLow;
    const high = view.getUint32(time + 4, true) + host.bootToWallHigh;
    call.timeLow = low | 0;
    call.timeHigh = (high + (low > 0xffff_ffff ? 1 : 0)) | 0;
    call.tid = view.getUint32(offset + header.tid, true);
    const selector = view.getUint16(offset + of.selector, true);
    call.selector = selector === NO_SELECTOR ? undefined : selector;
    call.actions = view.getUint32(offset + of.actions, true);
    call.flags = view.getUint32(offset + of.flags, true);
    call.signal = view.getUint8(offset + of.signal);
    call.overrideError = view.getInt32(offset + of.override_error, true);
    return call;
  }

  /** Most often it is the same as before. */
  #hookOf(number: number): Hook | undefined {
    if (number !== this.#lastNumber) {
      this.#last = this.#hooks.get(number);
      this.#lastNumber = number;
    }
    return this.#last;
  }

  /** The same definition may come again: a recorder that starts late repeats it. */
  #define(bytes: Uint8Array, view: DataView, offset: number, size: number): HookOutcome {
    const { definition: of } = this.#fields;
    if (size < of.end) return "malformed";
    const number = view.getUint32(offset + of.hook, true);
    const length = view.getUint32(offset + of.size, true);
    if (of.end + length > size) return "malformed";
    this.#lastNumber = -1;
    if (length === 0) {
      this.#hooks.delete(number);
      this.#lookForPods();
      return undefined;
    }
    const from = offset + of.end;
    const json = Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString();
    const description = parseDescription(json, number);
    if (!description) return "malformed";
    const known = this.#hooks.get(number);
    if (known && JSON.stringify(known.description) === JSON.stringify(description))
      return undefined;
    this.#hooks.set(number, new Hook(description));
    this.#lookForPods();
    return undefined;
  }

  #lookForPods(): void {
    this.areForPods = [...this.#hooks.values()].some(({ isForPod }) => isForPod !== undefined);
  }
}
