/** Which namespaces are the host's: those that the kernel started with. */
import { BpfError, type BpfObject } from "../../bpf/libbpf/index.js";
import { namespaceNames } from "../events/model.js";
import { readLink } from "./procScanFiles.js";
import { openRawMap } from "./rawMap.js";
import { enumOf, fieldOf, structOf } from "./recordWriter.js";
import type { RecordLayout } from "./source.js";

/**
 * Inode numbers that the kernel gives to the initial namespaces, the same on every machine
 * (include/linux/proc_ns.h). Mount and network namespaces have none in older kernels.
 */
const fixed: Readonly<Record<string, number>> = {
  uts: 0xeffffffe,
  ipc: 0xefffffff,
  pid: 0xeffffffc,
  pid_for_children: 0xeffffffc,
  time: 0xeffffffa,
  time_for_children: 0xeffffffa,
  cgroup: 0xeffffffb,
  user: 0xeffffffd,
};

/** As far as they can be told without asking a kernel; in the order of `namespaceNames`, 0: unknown. */
export function fixedHostNamespaces(): number[] {
  return namespaceNames.map((name) => fixed[name] ?? 0);
}

/** Whether the pids that we see are the kernel's own. */
export function inHostPidNamespace(): boolean {
  return readLink("/proc/self/ns/pid")?.toString() === `pid:[${fixed.pid}]`;
}

/** The program that finds them; it is run once and never attached. */
export const hostNamespacesProgram = "host_namespaces";

/** Asks the kernel, of which no process needs to be looked at; in the order of `namespaceNames`. */
export function readHostNamespaces(object: BpfObject, layout: RecordLayout): number[] {
  const spaces = structOf(layout, "gs_spaces");
  try {
    object.program(hostNamespacesProgram).testRun();
  } catch (error) {
    // Programs of this kind could not be run so before 1b4d60ec162f (5.10).
    if (error instanceof BpfError) return fixedHostNamespaces();
    throw error;
  }
  const map = openRawMap(object.map("host_spaces").fd, 4, spaces.size);
  try {
    const found = map.lookup(new Uint8Array(4));
    if (found === undefined) return fixedHostNamespaces();
    const view = new DataView(found.buffer, found.byteOffset, found.byteLength);
    const { offset } = fieldOf(spaces, "gs_spaces", "ns");
    return namespaceNames.map((name) => {
      const index = enumOf(layout, "gs_namespace", `GS_NS_${name.toUpperCase()}`);
      return view.getUint32(offset + 4 * index, true);
    });
  } finally {
    map.close();
  }
}
