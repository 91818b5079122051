import type { RecordingSpec } from "./recordingSpec.js";

/**
 * Decides when a record is due. One without a time tells of what was there already: at the recorded
 * pace it is due at once.
 */
export class Pace {
  #startedMs: number | undefined;
  #firstNs = 0n;
  #count = 0;

  constructor(readonly spec: RecordingSpec) {}

  due(timeNs: bigint | undefined): boolean {
    return this.dueInMs(timeNs) <= 0;
  }

  dueInMs(timeNs: bigint | undefined): number {
    if (this.spec.rate === undefined && this.spec.speed === Infinity) return 0;
    // Made by the host, about no moment in time.
    if (timeNs === 0n) return 0;
    if (timeNs === undefined && this.spec.rate === undefined) return 0;
    if (this.#startedMs === undefined) {
      this.#startedMs = performance.now();
      this.#firstNs = timeNs ?? 0n;
    }
    const elapsedMs = performance.now() - this.#startedMs;
    if (timeNs === undefined || this.spec.rate !== undefined)
      return (this.#count * 1000) / (this.spec.rate ?? Number.POSITIVE_INFINITY) - elapsedMs;
    return Number(timeNs - this.#firstNs) / 1e6 / this.spec.speed - elapsedMs;
  }

  played(): void {
    this.#count++;
  }

  /** The file begins anew; a rate goes on, recorded time starts over. */
  rewind(): void {
    if (this.spec.rate === undefined) this.#startedMs = undefined;
  }
}
