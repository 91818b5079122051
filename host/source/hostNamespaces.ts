/** Which namespaces are the host's: those of pid 1 as everything on the node sees it. */
import { readlinkSync } from "node:fs";
import { namespaceNames } from "../events/model.js";

/**
 * Inode numbers that the kernel gives to the initial namespaces, the same on every machine
 * (include/linux/proc_ns.h). Mount and network namespaces have none in older kernels.
 */
const initial: Readonly<Record<string, number>> = {
  uts: 0xeffffffe,
  ipc: 0xefffffff,
  pid: 0xeffffffc,
  pid_for_children: 0xeffffffc,
  time: 0xeffffffa,
  time_for_children: 0xeffffffa,
  cgroup: 0xeffffffb,
  user: 0xeffffffd,
};

/**
 * In the order of `namespaceNames`; 0 where it cannot be told.
 * @param readInit whether /proc/1 may be read: not when tracing is confined to some processes.
 */
export function hostNamespaces(readInit: boolean): number[] {
  return namespaceNames.map((name) => (readInit ? linkOf(name) : undefined) ?? initial[name] ?? 0);
}

function linkOf(name: string): number | undefined {
  try {
    return Number(/\[(\d+)\]/.exec(readlinkSync(`/proc/1/ns/${name}`))?.[1]);
  } catch {
    return undefined;
  }
}
