import type { RecordLayout } from "../../source/source.js";
import { type Event, EventType } from "../model.js";
import type { CachedProcess } from "../process.js";
import { isWellFormed } from "./argumentCursor.js";
import { NO_SELECTOR } from "./constants.js";
import { parseDescription } from "./definition.js";
import { Hook } from "./hook.js";
import { HookDataKeeper } from "./hookData.js";
import { type HookFields, hookFields } from "./hookFields.js";

/** What the decoder of all records does for this one. */
export interface HookDecoderHost {
  readonly bootToWallNs: bigint;
  /** The process that made the call; known by its name alone if nothing was heard of it. */
  caller(pid: number, keyNs: bigint, parentPid: number, parentKeyNs: bigint): CachedProcess;
}

/** Where in every record: offsets of `struct gs_header`. */
interface HeaderFields {
  readonly time: number;
  readonly key: number;
  readonly pid: number;
  readonly tid: number;
}

/** "malformed": it makes no sense. "unknown": nothing was told of its hook. */
export type HookOutcome = Event | undefined | "malformed" | "unknown";

/** Records of hooks, and the definitions that they are read by. */
export class HookDecoder {
  readonly #fields: HookFields;
  readonly #keeper: HookDataKeeper;
  readonly #hooks = new Map<number, Hook>();

  private constructor(
    fields: HookFields,
    readonly header: HeaderFields,
  ) {
    this.#fields = fields;
    this.#keeper = new HookDataKeeper(fields);
  }

  /** @returns undefined if the source is from before there were policies. */
  static for(layout: RecordLayout, header: HeaderFields): HookDecoder | undefined {
    const fields = hookFields(layout);
    return fields && new HookDecoder(fields, header);
  }

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
    const hook = this.#hooks.get(view.getUint32(offset + of.hook, true));
    if (!hook) return "unknown";
    const data = this.#keeper.keep(bytes, offset + of.end, size - of.end);
    if (!isWellFormed(data, view.getUint8(offset + of.args))) return "malformed";
    const process = host.caller(
      view.getUint32(offset + header.pid, true),
      view.getBigUint64(offset + header.key, true),
      view.getUint32(offset + of["parent.pid"], true),
      view.getBigUint64(offset + of["parent.key_ns"], true),
    );
    const selector = view.getUint16(offset + of.selector, true);
    hook.events++;
    return {
      type: hook.isTracepoint ? EventType.TRACEPOINT : EventType.KPROBE,
      sequence: 0,
      timeNs: view.getBigUint64(offset + header.time, true) + host.bootToWallNs,
      process,
      parent: process.parent,
      annotations: undefined,
      hook,
      tid: view.getUint32(offset + header.tid, true),
      selector: selector === NO_SELECTOR ? undefined : selector,
      actions: view.getUint32(offset + of.actions, true),
      flags: view.getUint32(offset + of.flags, true),
      signal: view.getUint8(offset + of.signal),
      overrideError: view.getInt32(offset + of.override_error, true),
      data,
    };
  }

  /** The same definition may come again: a recorder that starts late repeats it. */
  #define(bytes: Uint8Array, view: DataView, offset: number, size: number): HookOutcome {
    const { definition: of } = this.#fields;
    if (size < of.end) return "malformed";
    const number = view.getUint32(offset + of.hook, true);
    const length = view.getUint32(offset + of.size, true);
    if (of.end + length > size) return "malformed";
    if (length === 0) {
      this.#hooks.delete(number);
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
    return undefined;
  }
}
