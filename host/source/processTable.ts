/** The kernel's process table, by its descriptor, in whatever thread. */
import { BpfError } from "../../bpf/libbpf/index.js";
import type { ProcessTable } from "./procScan.js";
import { openRawMap } from "./rawMap.js";
import { type Key, readKeyNs, readParent, structOf, writeProcess } from "./recordWriter.js";
import type { RecordLayout } from "./source.js";
import type { SweptTable } from "./tableSweep.js";

/** Takes a duplicate of the descriptor. Throws `BpfError`. */
export function openProcessTable(
  fd: number,
  layout: RecordLayout,
): ProcessTable & SweptTable & { parentOf(pid: number): Key | undefined; close(): void } {
  const map = openRawMap(fd, 4, structOf(layout, "gs_process").size);
  return {
    keyNsOf(pid) {
      const found = map.lookup(keyBytes(pid));
      return found && readKeyNs(layout, found);
    },
    /** Who made it, as the kernel saw it: not who adopted it since. */
    parentOf(pid) {
      const found = map.lookup(keyBytes(pid));
      return found && readParent(layout, found);
    },
    add(pid, entry) {
      try {
        map.update(keyBytes(pid), writeProcess(layout, entry), "create");
        return "added";
      } catch (error) {
        if (error instanceof BpfError && error.code === "EEXIST") return "there";
        if (error instanceof BpfError && fullCodes.has(error.code)) return "full";
        throw error;
      }
    },
    *entries() {
      for (const [key, value] of map.entries())
        yield {
          pid: new DataView(key.buffer, key.byteOffset).getUint32(0, true),
          keyNs: readKeyNs(layout, value),
        };
    },
    remove(pid) {
      map.delete(keyBytes(pid));
    },
    close() {
      map.close();
    },
  };
}

const fullCodes = new Set(["E2BIG", "ENOMEM", "ENOSPC"]);

const keyBytes = (pid: number): Uint8Array => new Uint8Array(Uint32Array.of(pid).buffer);
