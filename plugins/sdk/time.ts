import { batchNowNs } from "./batch";
import { clock } from "./guidestar";

/** Durations in nanoseconds. */
export const MILLISECOND: u64 = 1_000_000;
export const SECOND: u64 = 1_000_000_000;
export const MINUTE: u64 = 60_000_000_000;
export const HOUR: u64 = 3_600_000_000_000;
export const DAY: u64 = 86_400_000_000_000;

/** Wall clock, ns since 1970. It stands still while the plugin works on a batch. */
export function now(): u64 {
  const ns = batchNowNs();
  return ns ? ns : clock();
}

/** `2026-11-22T21:40:03.123Z`. */
export function isoTime(ns: u64): string {
  return new Date(<i64>(ns / MILLISECOND)).toISOString();
}

/** Hour of the day, 0 to 23, in UTC. */
export function hourOf(ns: u64): i32 {
  return <i32>((ns / HOUR) % 24);
}

/** 0: Sunday … 6: Saturday, in UTC. */
export function weekdayOf(ns: u64): i32 {
  return <i32>((ns / DAY + 4) % 7);
}
