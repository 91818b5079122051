import type { Event } from "../events/model.js";

/** Numbers events in the order in which they enter the plugin chain, and counts them. */
export class Census {
  seen = 0;
  /** How many, by number of the event type; one that never came is not there. */
  readonly byType: Record<number, number> = {};

  /** @param sequence number of the newest event so far */
  constructor(public sequence: number) {}

  take(events: readonly Event[]): void {
    let type = 0;
    let run = 0;
    for (const event of events) {
      event.sequence = ++this.sequence;
      if (event.type !== type) {
        this.#add(type, run);
        type = event.type;
        run = 0;
      }
      run++;
    }
    this.#add(type, run);
    this.seen += events.length;
  }

  #add(type: number, count: number): void {
    if (count > 0) this.byType[type] = (this.byType[type] ?? 0) + count;
  }
}
