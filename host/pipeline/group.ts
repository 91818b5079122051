import type { Event } from "../events/model.js";
import { WireWriter } from "../events/wire.js";
import { type Aggregation, writeAggregated } from "../stream/aggregation/aggregation.js";
import { type FieldMasks, FrameMasker } from "../stream/fieldMask.js";
import type { Frames } from "./port.js";
import type { StreamPlugins } from "./streamPlugins.js";

/** As `Frames`, in memory that can be given away. */
export interface GroupFrames extends Frames {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface GroupOptions {
  readonly id: number;
  readonly wants: (event: Event) => boolean;
  /** Of the ring, by now. */
  readonly lostRing: number;
  readonly fields?: FieldMasks | undefined;
  /** Of this stream alone. */
  readonly plugins?: StreamPlugins | undefined;
  readonly wantsAccounts?: boolean | undefined;
  /** Makes one message of many; a group with it is one stream. */
  readonly aggregation?: Aggregation | undefined;
}

/** All streams that asked for the same events, and the same of them: filtered and written once, whoever many they are. */
export class Group {
  readonly id: number;
  readonly wants: (event: Event) => boolean;
  readonly plugins: StreamPlugins | undefined;
  readonly wantsAccounts: boolean;
  readonly aggregation: Aggregation | undefined;
  /** What has gathered; who appends a message counts it. */
  readonly out = new WireWriter(smallestBytes);
  count = 0;
  /** What the stream was told last of plugins. */
  accountsKey = "";
  #lostRingSeen: number;
  #droppedSeen = 0;
  /** Of what has gathered: for how many events each message stands. Only with aggregation. */
  #counts: number[] = [];
  readonly #masker: FrameMasker | undefined;

  constructor({ wantsAccounts = false, fields, ...options }: GroupOptions) {
    this.id = options.id;
    this.wants = options.wants;
    this.plugins = options.plugins;
    this.wantsAccounts = wantsAccounts;
    this.aggregation = options.aggregation;
    this.#lostRingSeen = options.lostRing;
    this.#masker = fields && new FrameMasker(fields);
  }

  /** It takes every message as it is, so that they can be written to `out`. */
  get takesWhole(): boolean {
    return this.#masker === undefined && this.aggregation === undefined;
  }

  /** Takes an event that it wants. @returns whether its frame is needed: `add` that next */
  takes(event: Event): boolean {
    return this.aggregation === undefined || this.aggregation.count(event);
  }

  /** Takes of one framed message what the streams asked for. */
  add(frame: Uint8Array): void {
    const kept = this.#masker?.apply(frame) ?? frame;
    if (this.aggregation) this.aggregation.hold(kept);
    else this.#append(kept);
  }

  /** Takes a framed message as it is. */
  addWhole(frame: Uint8Array): void {
    this.#append(frame);
    if (this.aggregation) this.#counts.push(0);
  }

  /**
   * What has gathered since the last call, the receiver's from now on; undefined if nothing has. Of
   * what was aggregated not more than about `mostBytes`: call it again.
   */
  take(lostRing: number, mostBytes: number): GroupFrames | undefined {
    if (this.aggregation) this.#gatherAggregated(this.aggregation, mostBytes);
    if (this.count === 0) return undefined;
    const { count } = this;
    const taken = { bytes: this.#bytes(), count, lostRing: lostRing - this.#lostRingSeen };
    this.#lostRingSeen = lostRing;
    this.count = 0;
    return this.aggregation ? { ...taken, ...this.#takeAggregation(this.aggregation) } : taken;
  }

  /** A full buffer goes as it is, and another takes its place; of one that is mostly empty, a copy goes. */
  #bytes(): Uint8Array<ArrayBuffer> {
    const { out } = this;
    const { bytes, position } = out;
    out.position = 0;
    if (2 * position < bytes.length) return new Uint8Array(bytes.subarray(0, position));
    out.bytes = Buffer.allocUnsafeSlow(bytes.length);
    return new Uint8Array(bytes.buffer as ArrayBuffer, 0, position);
  }

  #append(frame: Uint8Array): void {
    this.out.reserve(frame.length);
    this.out.raw(frame);
    this.count++;
  }

  #gatherAggregated(aggregation: Aggregation, mostBytes: number): void {
    while (this.out.position < mostBytes) {
      const next = aggregation.take();
      if (!next) return;
      writeAggregated(next, this.out);
      this.count++;
      this.#counts.push(next.count);
    }
  }

  #takeAggregation({ dropped }: Aggregation) {
    const taken = { counts: this.#counts, lostAggregation: dropped - this.#droppedSeen };
    this.#droppedSeen = dropped;
    this.#counts = [];
    return taken;
  }
}

const smallestBytes = 8 * 1024;
