/**
 * Windows of equal length, one behind the other, aligned to the clock. The time of events moves them
 * on, so that a recording is cut as it was when it was recorded; and where no event comes, time does.
 *
 * The SDK's `Window` cuts alike. It is not the same code: that one lives in AssemblyScript's 64-bit
 * integers, which TypeScript has as bigint, and has only the one clock that the host gives it.
 */
export class ClockWindow {
  /** End of the open window, or of the last one, ns since 1970. */
  #endNs = 0n;
  /** When it is over if no event says so, ms on the monotonic clock; undefined: none is open. */
  #deadlineMs: number | undefined;

  constructor(readonly lengthNs: bigint) {}

  /** When the open window is over, ms on the monotonic clock; undefined: none is open. */
  get deadlineMs(): number | undefined {
    return this.#deadlineMs;
  }

  /** Whether an event of that time comes after the open window. One that is late belongs to it. */
  isBehind(timeNs: bigint): boolean {
    return this.#deadlineMs !== undefined && timeNs >= this.#endNs;
  }

  close(): void {
    this.#deadlineMs = undefined;
  }

  /** Opens the window of an event, if none is open. */
  open(timeNs: bigint): void {
    if (this.#deadlineMs !== undefined) return;
    const startNs = timeNs - (timeNs % this.lengthNs);
    // A window that is closed is not opened again for an event that is late: that is in the next.
    const isLate = startNs < this.#endNs && timeNs > this.#endNs - this.lengthNs * 2n;
    this.#endNs = (isLate ? this.#endNs : startNs) + this.lengthNs;
    const leftMs = Number(this.#endNs - timeNs) / 1e6;
    this.#deadlineMs = performance.now() + Math.min(leftMs, Number(this.lengthNs) / 1e6);
  }
}
