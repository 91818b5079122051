import { PLUGIN_LIMITS } from "./limits.js";

/** When a plugin failed lately. */
export class Strikes {
  private times: number[] = [];

  /** One more, at `nowMs`. @returns how many there were within the window */
  add(nowMs: number): number {
    this.times.push(nowMs);
    this.times = this.times.filter((at) => nowMs - at < PLUGIN_LIMITS.failureWindowMs);
    return this.times.length;
  }
}
