import type { Event } from "../events/model.js";
import { WireWriter } from "../events/wire.js";

/** All streams that asked for the same events: filtered and copied once, whoever many they are. */
export class Group {
  readonly #out = new WireWriter(64 * 1024);
  #count = 0;
  #lostRingSeen: number;

  constructor(
    readonly id: number,
    readonly wants: (event: Event) => boolean,
    lostRing: number,
  ) {
    this.#lostRingSeen = lostRing;
  }

  get bytes(): number {
    return this.#out.position;
  }

  /** Takes one framed message. */
  add(frame: Uint8Array): void {
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
