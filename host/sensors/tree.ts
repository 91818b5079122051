/** Puts a process tree into the kernel's process table, which is what its scope is. */
import { GuidestarError } from "../errors.js";
import { type FactsTable, seedMissing } from "../source/factsTable.js";
import type { ProcessTable } from "../source/procScan.js";
import { readStat, startKeyNs } from "../source/procScanFiles.js";
import { treePids } from "../source/procScanPids.js";
import { type Key, unknownKey } from "../source/recordWriter.js";

export interface Tables {
  readonly table: ProcessTable;
  readonly facts: FactsTable;
}

/** Before the programs are attached: what the roots do from then on is seen. */
export function addRoots(
  { table, facts }: Tables,
  rootPids: readonly number[],
  flags: number,
): void {
  for (const pid of rootPids) {
    const key = keyOf(pid);
    if (key === undefined)
      throw new GuidestarError("NOT_FOUND", `There is no process ${pid} to trace.`);
    // Of all processes outside the tree, guidestar looks only at itself.
    const parentPid = readStat(`/proc/${pid}`)?.parentPid;
    const parent = parentPid === process.pid ? keyOf(process.pid) : undefined;
    const added = table.add(pid, { keyNs: key.keyNs, parent: parent ?? unknownKey, flags });
    if (added === "full") {
      throw new GuidestarError(
        "RESOURCE_EXHAUSTED",
        `The process table has no room for the roots of the tree: make it larger than ${rootPids.length} entries.`,
      );
    }
    seedMissing(facts, [pid]);
  }
}

/**
 * After the programs are attached: those that were there before. Each is put into the table before
 * its children are looked for, so whatever it forks later the kernel sees. A second look finds what
 * moved while the first one went on.
 */
export function addDescendants({ table, facts }: Tables, rootPids: readonly number[]): void {
  for (let added = 1, looks = 0; added > 0 && looks < maxLooks; looks++) {
    added = 0;
    treePids(rootPids, "/proc", (pid) => {
      if (!rootPids.includes(pid) && addDescendant(table, pid)) added++;
      seedMissing(facts, [pid]);
    });
  }
}

const maxLooks = 10;

function addDescendant(table: ProcessTable, pid: number): boolean {
  const stat = readStat(`/proc/${pid}`);
  if (stat === undefined) return false;
  const parent = keyOf(stat.parentPid) ?? unknownKey;
  return table.add(pid, { keyNs: startKeyNs(stat), parent, flags: 0 }) === "added";
}

function keyOf(pid: number): Key | undefined {
  const stat = readStat(`/proc/${pid}`);
  return stat && { pid, keyNs: startKeyNs(stat) };
}
