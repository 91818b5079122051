const minuteMs = 60_000;

/** A token bucket: so many events a minute, and as many at once. */
export class RateLimit {
  readonly #perMinute: number;
  #tokens: number;
  #filledMs: number;
  #reportedMs: number;
  #dropped = 0;

  /** @param perMinute 0 lets nothing pass, -1 everything */
  constructor(perMinute: number, nowMs: number) {
    this.#perMinute = perMinute;
    this.#tokens = perMinute;
    this.#filledMs = nowMs;
    this.#reportedMs = nowMs;
  }

  /** Whether one more may pass. */
  take(nowMs: number): boolean {
    if (this.#perMinute < 0) return true;
    const grown = ((nowMs - this.#filledMs) / minuteMs) * this.#perMinute;
    this.#tokens = Math.min(this.#perMinute, this.#tokens + grown);
    this.#filledMs = nowMs;
    if (this.#tokens >= 1) {
      this.#tokens--;
      return true;
    }
    this.#dropped++;
    return false;
  }

  /** Once a minute, how many did not pass in it; else, and if all did, 0. */
  report(nowMs: number): number {
    return nowMs - this.#reportedMs < minuteMs ? 0 : this.lastReport(nowMs);
  }

  /** How many did not pass since the last report. */
  lastReport(nowMs: number): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#reportedMs = nowMs;
    return dropped;
  }
}
