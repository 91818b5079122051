/** Runs a program at every tick of each CPU's clock: what it interrupts is a sample of what runs. */
import { readFileSync } from "node:fs";
import { BpfError, kernelInfo, PerfEvent, type Program } from "../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../errors.js";
import type { Attached } from "./mechanism.js";

/** PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK: there on every machine, virtual ones too. */
const software = 1;
const cpuClock = 0;

/**
 * All CPUs that are online now, or none. Throws `FAILED_PRECONDITION` with the kernel's reason where
 * it has no such events, or does not let us use them.
 */
export function attachToClocks(program: Program, frequencyHz: number): Attached {
  const open: Attached[] = [];
  const close = () => {
    for (const each of open.splice(0)) each.close();
  };
  try {
    for (const cpu of onlineCpus()) {
      const event = new PerfEvent({
        type: software,
        config: cpuClock,
        pid: -1,
        cpu,
        frequencyHz,
      });
      try {
        open.push(program.attachPerfEvent(event));
      } finally {
        event.close();
      }
    }
  } catch (error) {
    close();
    if (!(error instanceof BpfError)) throw error;
    throw new GuidestarError(
      "FAILED_PRECONDITION",
      `cpu-clock can't be sampled on this kernel (${kernelInfo().release}): ${error.message}.`,
      { cause: error },
    );
  }
  return { close };
}

/** As the kernel lists them: `0-3,6`. */
export function onlineCpus(
  list = readFileSync("/sys/devices/system/cpu/online", "utf8"),
): number[] {
  return list
    .trim()
    .split(",")
    .flatMap((range) => {
      const [first = 0, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}
