import koffi from "koffi";

/**
 * What to add to CLOCK_BOOTTIME to get wall clock time, in ns. Read afresh, it follows a clock that
 * was set; a suspended machine does not move it.
 */
export function measureBootToWallNs(): bigint {
  let best: { windowNs: bigint; offsetNs: bigint } | undefined;
  for (let sample = 0; sample < samples; sample++) {
    const before = readClockNs(Clock.BOOTTIME);
    const wall = readClockNs(Clock.REALTIME);
    const windowNs = readClockNs(Clock.BOOTTIME) - before;
    // The narrower the two readings enclose the third, the less could come between.
    if (best === undefined || windowNs < best.windowNs) {
      best = { windowNs, offsetNs: wall - (before + windowNs / 2n) };
    }
  }
  return best?.offsetNs ?? 0n;
}

/** CLOCK_BOOTTIME, which all records carry, in ns. */
export const bootTimeNs = (): bigint => readClockNs(Clock.BOOTTIME);

const samples = 32;
const Clock = { REALTIME: 0, BOOTTIME: 7 } as const;

type ClockGetTime = (clock: number, time: BigInt64Array) => number;
let clockGetTime: ClockGetTime | undefined;
const time = new BigInt64Array(2);

/** Linux on 64-bit machines: `struct timespec` is two 64-bit numbers. */
function readClockNs(clock: number): bigint {
  clockGetTime ??= koffi.load(null).func("int clock_gettime(int clock, _Out_ int64_t *time)");
  if (clockGetTime?.(clock, time) !== 0) throw new Error(`clock_gettime(${clock}) failed`);
  return (time[0] ?? 0n) * 1_000_000_000n + (time[1] ?? 0n);
}
