/** The kernel's process table, by its descriptor, in whatever thread. */
import { GuidestarError } from "../errors.js";
import { MapByFd } from "./mapByFd.js";
import type { ProcessTable, TableEntry } from "./procScan.js";
import { readKeyNs, structOf, writeProcess } from "./recordWriter.js";
import type { RecordLayout } from "./source.js";

export function openProcessTable(
  fd: number,
  layout: RecordLayout,
): ProcessTable & { close(): void } {
  const map = new MapByFd(fd);
  const keyOf = (pid: number) => new Uint8Array(Uint32Array.of(pid).buffer);
  return {
    keyNsOf(pid) {
      const value = map.lookup(keyOf(pid), structOf(layout, "gs_process").size);
      return value && readKeyNs(layout, value);
    },
    add(pid: number, entry: TableEntry) {
      const r = map.update(keyOf(pid), writeProcess(layout, entry), 1);
      if (r === 0) return "added";
      if (r === -17) return "there";
      if (r === -7) return "full";
      throw new GuidestarError("INTERNAL", `update ${r}`);
    },
    remove(pid) {
      map.remove(keyOf(pid));
    },
    close() {},
  };
}
