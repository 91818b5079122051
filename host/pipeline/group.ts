import type { Event } from "../events/model.js";
import { WireWriter } from "../events/wire.js";
import { type FieldMasks, FrameMasker } from "../stream/fieldMask.js";
import type { StreamPlugins } from "./streamPlugins.js";

/** All streams that asked for the same events, and the same of them: filtered and copied once, whoever many they are. */
export class Group {
  readonly #out = new WireWriter(8 * 1024);
  #count = 0;
  /** What the stream was told last of plugins. */
  accountsKey = "";
  #lostRingSeen: number;
  readonly #masker: FrameMasker | undefined;

  constructor(
    readonly id: number,
    readonly wants: (event: Event) => boolean,
    lostRing: number,
    fields?: FieldMasks,
    /** Of this stream alone. */
    readonly plugins?: StreamPlugins,
    readonly wantsAccounts = false,
  ) {
    this.#lostRingSeen = lostRing;
    this.#masker = fields && new FrameMasker(fields);
  }

  get bytes(): number {
    return this.#out.position;
  }

  /** Takes of one framed message what the streams asked for. */
  add(frame: Uint8Array): void {
    const kept = this.#masker?.apply(frame) ?? frame;
    this.#out.reserve(kept.length);
    this.#out.raw(kept);
    this.#count++;
  }

  /** Takes a framed message as it is. */
  addWhole(frame: Uint8Array): void {
    this.#out.reserve(frame.length);
    this.#out.raw(frame);
    this.#count++;
  }

  /** What has gathered since the last call, in memory of its own; undefined if nothing has. */
  take(
    lostRing: number,
  ): { bytes: Uint8Array<ArrayBuffer>; count: number; lostRing: number } | undefined {
    if (this.#count === 0) return undefined;
    const bytes = new Uint8Array(this.#out.position);
    bytes.set(this.#out.bytes.subarray(0, this.#out.position));
    const taken = { bytes, count: this.#count, lostRing: lostRing - this.#lostRingSeen };
    this.#lostRingSeen = lostRing;
    this.#out.position = 0;
    this.#count = 0;
    return taken;
  }
}
