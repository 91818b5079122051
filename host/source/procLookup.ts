/** One process from /proc, where its records were lost: asked for by the name that others have for it. */
import type { openProcessTable } from "./processTable.js";
import type { ScanScope } from "./procScan.js";
import { findCgroupMount } from "./procScanCgroup.js";
import { isKernelThread, startKeyNs } from "./procScanFiles.js";
import { readProcess } from "./procScanProcess.js";
import { scanRecord } from "./procScanRecord.js";
import { type Key, unknownKey } from "./recordWriter.js";
import type { RecordLayout } from "./source.js";

export interface LookupOptions {
  readonly scope: ScanScope;
  readonly layout: RecordLayout;
  readonly table: Pick<ReturnType<typeof openProcessTable>, "keyNsOf" | "parentOf">;
  /** `/proc` if not given. */
  readonly procPath?: string;
}

export class ProcLookup {
  readonly #options: LookupOptions;
  readonly #v2 = findCgroupMount();

  constructor(options: LookupOptions) {
    this.#options = options;
  }

  /**
   * A record of what the process is now, if it lives, is in scope and is that very instance. What
   * the kernel's table does not name is not looked at, unless everything is in scope.
   */
  find({ pid, keyNs }: Key): Uint8Array | undefined {
    const { scope, layout, table, procPath = "/proc" } = this.#options;
    const known = table.keyNsOf(pid);
    if (known !== keyNs && (known !== undefined || scope.kind !== "all")) return undefined;
    const parent = table.parentOf(pid) ?? unknownKey;
    const seen = readProcess(pid, { procPath, v2: this.#v2 });
    if (seen === undefined || isKernelThread(seen.stat)) return undefined;
    // Read first, then looked at again: meanwhile it may have exec'd, or be another one.
    if (known === undefined ? startKeyNs(seen.stat) !== keyNs : table.keyNsOf(pid) !== keyNs)
      return undefined;
    return scanRecord(layout, seen, { pid, keyNs }, parent, true);
  }
}
