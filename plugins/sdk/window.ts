import { SECOND } from "./time";

/** Windows of equal length, one behind the other, aligned to the clock. */
export class Window {
  /** Start of the window that is open, ns since 1970; 0: none is. */
  start: u64 = 0;

  constructor(readonly lengthNs: u64) {}

  /**
   * Moves on to the window that `timeNs` lies in. True: the window before is over, and what was
   * gathered in it can go. Times that are late count to the open window.
   */
  moveTo(timeNs: u64): bool {
    if (this.start == 0) {
      this.start = timeNs - (timeNs % this.lengthNs);
      return false;
    }
    if (timeNs < this.start + this.lengthNs) return false;
    this.start = timeNs - (timeNs % this.lengthNs);
    return true;
  }
}

/** Lets through so many in a second, and so many at once: a token bucket. */
export class RateLimit {
  private tokens: f64;
  private lastNs: u64 = 0;
  /** How many it did not let through. */
  refused: u64 = 0;

  constructor(
    readonly perSecond: f64,
    readonly burst: f64,
  ) {
    this.tokens = burst;
  }

  allows(timeNs: u64): bool {
    if (timeNs > this.lastNs) {
      const seconds = this.lastNs == 0 ? 0 : <f64>(timeNs - this.lastNs) / <f64>SECOND;
      this.tokens = min(this.burst, this.tokens + seconds * this.perSecond);
      this.lastNs = timeNs;
    }
    if (this.tokens < 1) {
      ++this.refused;
      return false;
    }
    this.tokens -= 1;
    return true;
  }
}

/** How often something happens: an average in which what is older counts less. */
export class Rate {
  private value: f64 = 0;
  private lastNs: u64 = 0;

  /** `halfLifeNs`: after so long without one the rate has halved. */
  constructor(readonly halfLifeNs: u64 = 10 * SECOND) {}

  add(timeNs: u64, count: f64 = 1): void {
    this.decay(timeNs);
    // The area under one such step is 1, whatever the half-life.
    this.value += (count * Math.LN2 * <f64>SECOND) / <f64>this.halfLifeNs;
  }

  perSecond(timeNs: u64): f64 {
    this.decay(timeNs);
    return this.value;
  }

  private decay(timeNs: u64): void {
    if (timeNs <= this.lastNs) return;
    if (this.lastNs > 0) {
      this.value *= 2.0 ** (-(<f64>(timeNs - this.lastNs)) / <f64>this.halfLifeNs);
    }
    this.lastNs = timeNs;
  }
}
