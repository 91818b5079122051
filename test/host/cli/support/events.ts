/** Events to print. */
import type { fgs } from "../../../../proto/generated/api.js";

export type Event = fgs.GetEventsResponse.$Properties;
type Process = fgs.Process.$Properties;

/** 2026-01-31T12:00:00.123456789Z. */
export const time = { seconds: 1769860800, nanos: 123456789 };

export function processOf(binary: string, more: Process = {}): Process {
  return { exec_id: `id-${binary}`, pid: { value: 42 }, uid: { value: 0 }, binary, ...more };
}

export function exec(binary: string, args = "", more: Process = {}): Event {
  return {
    node_name: "node-1",
    time,
    process_exec: { process: processOf(binary, { arguments: args, ...more }) },
  };
}

export function exit(binary: string, status: number, signal = ""): Event {
  const process = processOf(binary);
  return { node_name: "node-1", time, process_exit: { process, status, signal } };
}

export function kprobe(
  function_name: string,
  args: readonly fgs.KprobeArgument.$Properties[] = [],
): Event {
  const process = processOf("/usr/bin/curl");
  return { node_name: "node-1", time, process_kprobe: { process, function_name, args: [...args] } };
}
