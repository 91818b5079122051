/**
 * The processes that were there before tracing began, as exec records in the kernel's own layout.
 *
 * Runs after the programs are attached, so that nothing falls in between. Its order with what the
 * kernel sees meanwhile is settled in the process table: a process is read first, and then put
 * into the table unless it is there. If the kernel was first, with another name for the process,
 * then the kernel's record is in the ring and the one from here is dropped.
 */
import { type FactsTable, seedLiving, seedMissing } from "./factsTable.js";
import { findCgroupMount } from "./procScanCgroup.js";
import { isKernelThread, readStat, startKeyNs } from "./procScanFiles.js";
import { parentsFirst } from "./procScanOrder.js";
import { allPids, cgroupPids, treePids } from "./procScanPids.js";
import { isAlive, readProcess, type ScannedProcess } from "./procScanProcess.js";
import { kernelRecord, scanRecord } from "./procScanRecord.js";
import { type Key, kernelKey, unknownKey } from "./recordWriter.js";
import type { RecordLayout } from "./source.js";

/** What is in scope; plain data. */
export type ScanScope =
  | { readonly kind: "all" }
  /** `skipPids`: roots that only wait to exec what they are for. */
  | {
      readonly kind: "tree";
      readonly rootPids: readonly number[];
      readonly skipPids?: readonly number[];
    }
  /** Folder of a cgroup v2. */
  | { readonly kind: "cgroup"; readonly path: string };

export interface TableEntry {
  readonly keyNs: bigint;
  readonly parent: Key;
  /** `enum gs_process_flag` */
  readonly flags: number;
}

/** The kernel's process table. */
export interface ProcessTable {
  /** Name that the kernel has for this pid; `undefined`: none. */
  keyNsOf(pid: number): bigint | undefined;
  add(pid: number, entry: TableEntry): "added" | "there" | "full";
  remove(pid: number): void;
}

export interface ScanOptions {
  readonly scope: ScanScope;
  readonly layout: RecordLayout;
  readonly table: ProcessTable;
  /** What policies filter by; of a tree it is filled where the tree is put into the table. */
  readonly facts?: FactsTable;
  /** `/proc` if not given. */
  readonly procPath?: string;
  /** Pid of guidestar itself, which is shown as the parent of what it starts. */
  readonly ownPid?: number;
}

/** Exec records, parents before their children. */
export function scanProcesses(options: ScanOptions): Uint8Array[] {
  const { scope, layout, table, facts, procPath = "/proc", ownPid = process.pid } = options;
  const inTree = scope.kind === "tree";
  const pids = pidsIn(scope, procPath, ownPid);
  const names = new Names(procPath, inTree ? new Set(pids) : undefined);
  const v2 = findCgroupMount();
  const found = new Map<number, FoundProcess>();
  for (const pid of pids) {
    const seen = readProcess(pid, { procPath, v2 });
    if (seen === undefined || isKernelThread(seen.stat)) continue;
    const key = { pid, keyNs: startKeyNs(seen.stat) };
    const parent = names.of(seen.stat.parentPid);
    // guidestar is shown with the tree that it started, but is not traced with it.
    const traced = !inTree || pid !== ownPid || scope.rootPids.includes(ownPid);
    if (traced && !settle(table, key, parent, { add: !inTree, procPath })) continue;
    if (facts !== undefined && !inTree) seedLiving(facts, seen, procPath);
    found.set(pid, { seen, key, parent, isContext: !traced });
  }
  // What was forked before its parent's facts were there has got none from it.
  if (facts !== undefined && !inTree) seedMissing(facts, pidsIn(scope, procPath, ownPid), procPath);
  const records = inTree ? [] : [kernelRecord(layout)];
  for (const { seen, key, parent, isContext } of parentsFirst(found)) {
    records.push(scanRecord(layout, seen, key, parent, isContext));
  }
  return records;
}

interface FoundProcess {
  readonly seen: ScannedProcess;
  readonly key: Key;
  readonly parent: Key;
  /** Named by what is traced, but not traced itself. */
  readonly isContext: boolean;
}

function pidsIn(scope: ScanScope, procPath: string, ownPid: number): number[] {
  switch (scope.kind) {
    case "all":
      return allPids(procPath);
    case "cgroup":
      return cgroupPids(scope.path);
    case "tree": {
      const skipped = scope.skipPids ?? [];
      const pids = treePids(scope.rootPids, procPath).filter((pid) => !skipped.includes(pid));
      const parents = scope.rootPids.map((pid) => readStat(`${procPath}/${pid}`)?.parentPid);
      return parents.includes(ownPid) && !pids.includes(ownPid) ? [ownPid, ...pids] : pids;
    }
  }
}

/** True if the table names the process as we do, now at least; false if the kernel was first. */
function settle(
  table: ProcessTable,
  key: Key,
  parent: Key,
  options: { readonly add: boolean; readonly procPath: string },
): boolean {
  const { pid, keyNs } = key;
  const known = table.keyNsOf(pid);
  if (known !== undefined || !options.add) return known === keyNs;
  const added = table.add(pid, { keyNs, parent, flags: 0 });
  if (added === "there") return table.keyNsOf(pid) === keyNs;
  if (added === "full") return true;
  // One that ended before it was put there will not be taken out by its exit.
  const home = `${options.procPath}/${pid}`;
  const stat = readStat(home);
  const gone = stat === undefined || startKeyNs(stat) !== keyNs || !isAlive(home, stat);
  if (gone && table.keyNsOf(pid) === keyNs) table.remove(pid);
  return true;
}

/** Names of parents, as the kernel has them for processes that have not exec'd since. */
class Names {
  readonly #known = new Map<number, Key>();

  /** `only`: read nothing of other processes. */
  constructor(
    readonly procPath: string,
    readonly only: ReadonlySet<number> | undefined,
  ) {}

  of(pid: number): Key {
    let key = this.#known.get(pid);
    if (key === undefined) {
      key = this.#read(pid);
      this.#known.set(pid, key);
    }
    return key;
  }

  #read(pid: number): Key {
    if (this.only !== undefined && !this.only.has(pid)) return unknownKey;
    if (pid === 0) return kernelKey;
    const stat = readStat(`${this.procPath}/${pid}`);
    if (stat === undefined) return unknownKey;
    return isKernelThread(stat) ? kernelKey : { pid, keyNs: startKeyNs(stat) };
  }
}
