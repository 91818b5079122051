/**
 * What policies filter processes by, as the kernel programs keep it: `struct gs_facts`, by pid. For
 * processes that were there before the programs, it comes from /proc.
 */
import { BpfError } from "../../bpf/libbpf/index.js";
import { isKernelThread, readStat, startKeyNs } from "./procScanFiles.js";
import { isAlive, readProcess, type ScannedProcess } from "./procScanProcess.js";
import { openRawMap } from "./rawMap.js";
import type { RecordLayout } from "./source.js";
import { fieldOf, StructWriter, structOf } from "./structWriter.js";

export interface FactsTable {
  has(pid: number): boolean;
  /** Unless the kernel has put something there already, which is newer. */
  seed(process: ScannedProcess): void;
  remove(pid: number): void;
}

/** Takes a duplicate of the descriptor. Throws `BpfError`. */
export function openFactsTable(fd: number, layout: RecordLayout): FactsTable & { close(): void } {
  const map = openRawMap(fd, 4, structOf(layout, "gs_facts").size);
  return {
    has: (pid) => map.lookup(keyBytes(pid)) !== undefined,
    seed(process) {
      try {
        map.update(keyBytes(process.pid), writeFacts(layout, process), "create");
      } catch (error) {
        if (!(error instanceof BpfError && expected.has(error.code))) throw error;
      }
    },
    remove(pid) {
      map.delete(keyBytes(pid));
    },
    close() {
      map.close();
    },
  };
}

/** There already, or a full table: then the process table is full too, and says so. */
const expected = new Set(["EEXIST", "E2BIG", "ENOMEM", "ENOSPC"]);

const keyBytes = (pid: number): Uint8Array => new Uint8Array(Uint32Array.of(pid).buffer);

/** Reads what the table lacks. One that has ended meanwhile is taken out: nobody else would do it. */
export function seedMissing(facts: FactsTable, pids: Iterable<number>, procPath = "/proc"): void {
  for (const pid of pids) {
    if (facts.has(pid)) continue;
    const seen = readProcess(pid, { procPath, v2: undefined });
    if (seen !== undefined && !isKernelThread(seen.stat)) seedLiving(facts, seen, procPath);
  }
}

/** The same with what was read already. */
export function seedLiving(facts: FactsTable, seen: ScannedProcess, procPath = "/proc"): void {
  facts.seed(seen);
  const home = `${procPath}/${seen.pid}`;
  const stat = readStat(home);
  if (stat === undefined || startKeyNs(stat) !== startKeyNs(seen.stat) || !isAlive(home, stat)) {
    facts.remove(seen.pid);
  }
}

/** As `facts_at_exec` in the kernel programs does it. */
export function writeFacts(
  layout: RecordLayout,
  process: Pick<
    ScannedProcess,
    "capPermitted" | "capEffective" | "capInheritable" | "namespaces" | "binary"
  >,
): Uint8Array {
  const struct = structOf(layout, "gs_facts");
  const bytes = new Uint8Array(struct.size);
  const writer = new StructWriter(bytes, struct, "gs_facts");
  const binary = process.binary ?? new Uint8Array(0);
  const room = (field: string) => fieldOf(struct, "gs_facts", field).size;
  writer.set("cap_permitted", process.capPermitted);
  writer.set("cap_effective", process.capEffective);
  writer.set("cap_inheritable", process.capInheritable);
  writer.setAll("ns", process.namespaces);
  writer.set("binary_size", binary.length);
  writer.setBytes("binary", binary.subarray(0, room("binary")));
  writer.setBytes("binary_tail", binary.subarray(-room("binary_tail")), { atEnd: true });
  return bytes;
}
