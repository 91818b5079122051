import { GuidestarError } from "../../errors.js";

/** Places in the map of hook counters. */
export class Slots {
  readonly #free: number[];

  constructor(readonly count: number) {
    this.#free = Array.from({ length: count }, (_, i) => count - 1 - i);
  }

  /** Throws `RESOURCE_EXHAUSTED` when all are taken. */
  take(): number {
    const slot = this.#free.pop();
    if (slot !== undefined) return slot;
    throw new GuidestarError(
      "RESOURCE_EXHAUSTED",
      `There can't be more than ${this.count} hooks at a time: remove a policy first.`,
    );
  }

  giveBack(slot: number): void {
    this.#free.push(slot);
  }
}
