import type { Event } from "../events/model.js";
import type { Packer } from "./runtime/packer.js";

/** A batch on its way through the chain. */
export interface Batch {
  readonly packer: Packer;
  readonly events: readonly Event[];
  /** The packed events are those from here on. */
  readonly from: number;
  readonly count: number;
  /** 1 for each packed event that no plugin has dropped yet. */
  /** Of its events. */
  readonly types: ReadonlySet<number>;
  readonly alive: Uint8Array;
}

/** The event that was packed as number `n`. */
export function eventOf(batch: Batch, n: number): Event {
  return batch.events[batch.from + n] as Event;
}
