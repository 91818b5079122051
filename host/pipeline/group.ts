import type { Event } from "../events/model.js";
import { WireWriter } from "../events/wire.js";
import { type Aggregation, writeAggregated } from "../stream/aggregation/aggregation.js";
import { type FieldMasks, FrameMasker } from "../stream/fieldMask.js";
import type { Frames } from "./port.js";
import type { StreamPlugins } from "./streamPlugins.js";

/** All streams that asked for the same events, and the same of them: filtered and copied once, whoever many they are. */
export class Group {
  readonly #out = new WireWriter(8 * 1024);
  #count = 0;
  /** What the stream was told last of plugins. */
  accountsKey = "";
  #lostRingSeen: number;
  #droppedSeen = 0;
  /** Of what has gathered: for how many events each message stands. Only with aggregation. */
  #counts: number[] = [];
  readonly #masker: FrameMasker | undefined;

  constructor(
    readonly id: number,
    readonly wants: (event: Event) => boolean,
    lostRing: number,
    fields?: FieldMasks,
    /** Of this stream alone. */
    readonly plugins?: StreamPlugins,
    readonly wantsAccounts = false,
    /** Makes one message of many; a group with it is one stream. */
    readonly aggregation?: Aggregation,
  ) {
    this.#lostRingSeen = lostRing;
    this.#masker = fields && new FrameMasker(fields);
  }

  get bytes(): number {
    return this.#out.position;
  }

  /** Takes an event that it wants. @returns whether its frame is needed: `add` that next */
  takes(event: Event): boolean {
    return this.aggregation === undefined || this.aggregation.count(event);
  }

  /** Takes of one framed message what the streams asked for. */
  add(frame: Uint8Array): void {
    const kept = this.#masker?.apply(frame) ?? frame;
    if (this.aggregation) {
      this.aggregation.hold(kept);
      return;
    }
    this.#out.reserve(kept.length);
    this.#out.raw(kept);
    this.#count++;
  }

  /** Takes a framed message as it is. */
  addWhole(frame: Uint8Array): void {
    this.#out.reserve(frame.length);
    this.#out.raw(frame);
    this.#count++;
    if (this.aggregation) this.#counts.push(0);
  }

  /**
   * What has gathered since the last call, in memory of its own; undefined if nothing has. Of what
   * was aggregated not more than about `mostBytes`: call it again.
   */
  take(lostRing: number, mostBytes: number): GroupFrames | undefined {
    this.#gatherAggregated(mostBytes);
    if (this.#count === 0) return undefined;
    const bytes = new Uint8Array(this.#out.position);
    bytes.set(this.#out.bytes.subarray(0, this.#out.position));
    const taken = {
      bytes,
      count: this.#count,
      lostRing: lostRing - this.#lostRingSeen,
      ...this.#takeAggregation(),
    };
    this.#lostRingSeen = lostRing;
    this.#out.position = 0;
    this.#count = 0;
    return taken;
  }

  #gatherAggregated(mostBytes: number): void {
    if (!this.aggregation) return;
    while (this.#out.position < mostBytes) {
      const next = this.aggregation.take();
      if (!next) return;
      writeAggregated(next, this.#out);
      this.#count++;
      this.#counts.push(next.count);
    }
  }

  #takeAggregation() {
    if (!this.aggregation) return undefined;
    const { dropped } = this.aggregation;
    const taken = { counts: this.#counts, lostAggregation: dropped - this.#droppedSeen };
    this.#droppedSeen = dropped;
    this.#counts = [];
    return taken;
  }
}

/** As `Frames`, in memory that can be given away. */
export interface GroupFrames extends Frames {
  readonly bytes: Uint8Array<ArrayBuffer>;
}
