import type { Event } from "../../events/model.js";
import type { WireWriter } from "../../events/wire.js";
import { BYTES, tag, VARINT, varintSize } from "../../events/wire.js";
import { FrameMasker } from "../fieldMask.js";
import { ClockWindow } from "./clockWindow.js";
import { aggregationKey } from "./keys.js";
import { type AggregationSpec, aggregationLimits } from "./spec.js";

/** One message for all events of a window that are alike: the first of them, framed, and how many. */
export interface Aggregated {
  readonly frame: Uint8Array;
  count: number;
}

/**
 * Makes one message of all events of a window that are alike. Messages are encoded when the first of
 * their events comes: what waits is bytes, and nothing that an event refers to is kept.
 *
 * Every event is either in the count of one message or in `dropped`.
 */
export class Aggregation {
  readonly #spec: AggregationSpec;
  readonly #window: ClockWindow;
  #held = new Map<string, Aggregated>();
  #heldBytes = 0;
  /** Of windows that are over, in the order of their first events. */
  #ripe: Aggregated[] = [];
  #next = 0;
  /** What `hold` is called for next. */
  #opening = { key: "", count: 0, wasAggregated: false };
  #isFinished = false;
  /** Made when the first event comes that stands for others already. */
  #masker: FrameMasker | undefined;
  /** Events that were like none in the window, and for which there was no room. */
  dropped = 0;

  constructor(spec: AggregationSpec) {
    this.#spec = spec;
    this.#window = new ClockWindow(spec.windowNs);
  }

  /** When it wants to be ticked, ms on the monotonic clock; undefined: nothing waits. */
  get deadlineMs(): number | undefined {
    return this.#window.deadlineMs;
  }

  /** Counts an event. @returns whether it is the first of its kind: pass its frame to `hold` next. */
  count(event: Event): boolean {
    if (this.#window.isBehind(event.timeNs)) this.#closeWindow();
    const key = aggregationKey(event);
    const count = event.aggregated ?? 1;
    const known = this.#held.get(key);
    if (known) {
      known.count += count;
      return false;
    }
    const { mostKeys } = this.#spec;
    if (this.#held.size >= mostKeys || this.#heldBytes >= aggregationLimits.mostBytes) {
      this.dropped += count;
      return false;
    }
    if (!this.#isFinished) this.#window.open(event.timeNs);
    this.#opening = { key, count, wasAggregated: event.aggregated !== undefined };
    return true;
  }

  /** Takes the frame of the event that was counted last; it is copied. */
  hold(frame: Uint8Array): void {
    const { key, count } = this.#opening;
    const kept = { frame: this.#withoutCount(frame), count };
    if (this.#isFinished) {
      this.#ripe.push(kept);
      return;
    }
    this.#held.set(key, kept);
    this.#heldBytes += kept.frame.length + key.length;
  }

  /** Ends the window if its time is up. */
  tick(nowMs: number): void {
    const { deadlineMs } = this.#window;
    if (deadlineMs !== undefined && nowMs >= deadlineMs) this.#closeWindow();
  }

  /** Ends the window now. Events that come later are no longer aggregated: each is a message. */
  finish(): void {
    this.#closeWindow();
    this.#isFinished = true;
  }

  /** The next message that is to be sent. */
  take(): Aggregated | undefined {
    const taken = this.#ripe[this.#next];
    if (taken === undefined) return undefined;
    this.#next++;
    if (this.#next === this.#ripe.length) {
      this.#ripe = [];
      this.#next = 0;
    }
    return taken;
  }

  #closeWindow(): void {
    this.#window.close();
    if (this.#held.size === 0) return;
    for (const each of this.#held.values()) this.#ripe.push(each);
    this.#held = new Map();
    this.#heldBytes = 0;
  }

  /** A copy, less the count that a plugin gave the event. */
  #withoutCount(frame: Uint8Array): Uint8Array {
    if (!this.#opening.wasAggregated) return new Uint8Array(frame);
    this.#masker ??= new FrameMasker([[countField, false]]);
    return new Uint8Array(this.#masker.apply(frame));
  }
}

/** Appends the message, framed, with its count. */
export function writeAggregated({ frame, count }: Aggregated, to: WireWriter): void {
  const infoSize = 1 + varintSize(count);
  const start = to.position;
  to.reserve(frame.length + mostCountBytes);
  to.raw(frame);
  // Fields of a message may come in any order, so it goes behind all others.
  to.varint(tag(countField, BYTES));
  to.varint(infoSize);
  to.varint(tag(1, VARINT));
  to.varint(count);
  to.bytes.writeUInt32BE(to.position - start - framePrefixBytes, start + 1);
}

const framePrefixBytes = 5;
/** `fgs.GetEventsResponse.aggregation_info` */
const countField = 1002;
const mostCountBytes = 16;
