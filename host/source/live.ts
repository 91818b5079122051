/** Records from the kernel, as they come, in whatever thread; see `source.ts`. */
import { RingBuffer } from "../../bpf/libbpf/index.js";
import type { HookDescription } from "../policy/hookSpec.js";
import { measureBootToWallNs } from "./clock.js";
import { Definitions } from "./definitions.js";
import { openDemandTable } from "./demandTable.js";
import { type FactsTable, openFactsTable } from "./factsTable.js";
import { inHostPidNamespace } from "./hostNamespaces.js";
import { LossCounters } from "./lossCounters.js";
import { openProcessTable } from "./processTable.js";
import { ProcLookup } from "./procLookup.js";
import { type ScanScope, scanProcesses } from "./procScan.js";
import { RingWait } from "./ringWait.js";
import type { RecordLayout, RecordVisitor, Source, SourceLosses } from "./source.js";
import { hasEnded, type SweptTable, TableSweep } from "./tableSweep.js";

/** Plain data: it crosses threads. The descriptors stay the caller's, and must be open until the source is. */
export interface LiveSourceOptions {
  readonly ringFd: number;
  readonly readerFd: number;
  readonly demandsFd: number;
  readonly unwantedFd: number;
  readonly countersFd: number;
  readonly tableFd: number;
  readonly factsFd: number;
  /** Programs whose missed runs count as losses. */
  readonly programFds: readonly number[];
  readonly layout: RecordLayout;
  /** Hand over what is there already before anything new. */
  readonly scan?: ScanScope;
  /** Hooks that are attached already. */
  readonly hooks?: readonly HookDescription[];
}

/** Reads /proc if it is to scan, which can take a second on a machine with thousands of processes. */
export function openLiveSource(options: LiveSourceOptions): Source {
  return new LiveSource(options);
}

/** What leaves the process table leaves what policies filter by, too. */
const both = (table: SweptTable, facts: FactsTable): SweptTable => ({
  entries: () => table.entries(),
  keyNsOf: (pid) => table.keyNsOf(pid),
  remove(pid) {
    table.remove(pid);
    facts.remove(pid);
  },
});

const clockIntervalMs = 1000;

class LiveSource implements Source {
  readonly name = "live";
  readonly layout: RecordLayout;
  readonly #ring: RingBuffer;
  readonly #counters: LossCounters;
  readonly #definitions: Definitions;
  readonly demands: ReturnType<typeof openDemandTable>;
  readonly #wait: RingWait;
  readonly #table: ReturnType<typeof openProcessTable> | undefined;
  readonly #facts: ReturnType<typeof openFactsTable> | undefined;
  readonly #lookup: ProcLookup | undefined;
  readonly #sweep: TableSweep | undefined;
  readonly #scope: ScanScope | undefined;
  #scanned: readonly Uint8Array[] = [];
  #scannedRead = 0;
  #bootToWallNs = measureBootToWallNs();
  #measuredMs = performance.now();
  #losses: SourceLosses = { ring: 0, ringProcess: 0, tableFull: 0, readFailed: 0 };
  #closed = false;

  constructor(options: LiveSourceOptions) {
    this.layout = options.layout;
    this.#ring = new RingBuffer(options.ringFd);
    this.#counters = new LossCounters(options);
    this.demands = openDemandTable(options, options.layout);
    this.#definitions = new Definitions(options.layout);
    this.define(options.hooks ?? []);
    this.#wait = new RingWait(this.#ring, options.readerFd, options.layout);
    if (options.scan === undefined) return;
    const { scan: scope, layout } = options;
    const table = openProcessTable(options.tableFd, layout);
    this.#table = table;
    this.#scope = scope;
    this.#lookup = new ProcLookup({ scope, layout, table });
    try {
      const facts = openFactsTable(options.factsFd, layout);
      this.#facts = facts;
      // Elsewhere the pids of /proc are others than the kernel's.
      if (inHostPidNamespace()) this.#sweep = new TableSweep({ table: both(table, facts) });
      this.#scanned = scanProcesses({ scope, layout, table, facts });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get bootToWallNs(): bigint {
    return this.#bootToWallNs;
  }

  read(maxRecords: number, visit: RecordVisitor): number {
    if (this.#closed) return 0;
    // More than asked for if need be: no other record may be read before.
    const defined = this.#definitions.readAhead(visit);
    const scanned = this.#readScanned(maxRecords - defined, visit);
    if (this.#hasScanned() || this.#closed) return defined + scanned;
    const { bytes, view } = this.#ring;
    const room = Math.max(maxRecords - defined - scanned, 0);
    const read = this.#ring.drain(room, (offset, size) => {
      visit(bytes, view, offset, size);
    });
    if (read > 0) this.#wait.read();
    const ended = read < room ? this.#definitions.readBehind(visit) : 0;
    return defined + scanned + read + ended;
  }

  define(hooks: readonly HookDescription[]): void {
    this.#definitions.define(hooks);
  }

  forget(hooks: readonly number[]): void {
    this.#definitions.forget(hooks);
  }

  async wait(timeoutMs: number): Promise<"ready" | "timeout" | "ended"> {
    if (this.#closed) return "ended";
    this.#followClock();
    if (this.#hasScanned() || this.#definitions.waiting) return "ready";
    const how = await this.#wait.wait(timeoutMs);
    return how === "closed" ? "ended" : how;
  }

  /** After `close()`: as they were then. */
  losses(): SourceLosses {
    if (!this.#closed) this.#losses = this.#counters.read();
    return this.#losses;
  }

  close(): void {
    if (this.#closed) return;
    this.losses();
    this.#closed = true;
    this.#scanned = [];
    this.#ring.close();
    this.#counters.close();
    this.#wait.close();
    this.demands.close();
    this.#table?.close();
    this.#facts?.close();
  }

  lookUp(pid: number, keyNs: bigint): Uint8Array | undefined {
    return this.#closed ? undefined : this.#lookup?.find({ pid, keyNs });
  }

  hasEnded(pid: number, keyNs: bigint): boolean {
    // The kernel itself, and who started the tree, are known without being in the table.
    if (this.#closed || !this.#table || !this.#sweep || pid === 0 || pid === process.pid)
      return false;
    const known = this.#table.keyNsOf(pid);
    if (known !== undefined) return known !== keyNs;
    // Of a tree all are in the table; else one may have found no room there.
    return this.#scope?.kind === "tree" || hasEnded("/proc", pid, keyNs);
  }

  sweepTable(nowMs: number): void {
    if (!this.#closed) this.#sweep?.step(nowMs);
  }

  get tableSwept(): number {
    return this.#sweep?.removed ?? 0;
  }

  #hasScanned(): boolean {
    return this.#scannedRead < this.#scanned.length;
  }

  #readScanned(maxRecords: number, visit: RecordVisitor): number {
    let count = 0;
    while (count < maxRecords && !this.#closed) {
      const bytes = this.#scanned[this.#scannedRead];
      if (bytes === undefined) break;
      this.#scannedRead++;
      count++;
      visit(bytes, new DataView(bytes.buffer), 0, bytes.length);
    }
    return count;
  }

  /** The wall clock may be set while we run. */
  #followClock(): void {
    const nowMs = performance.now();
    if (nowMs - this.#measuredMs < clockIntervalMs) return;
    this.#measuredMs = nowMs;
    this.#bootToWallNs = measureBootToWallNs();
  }
}
