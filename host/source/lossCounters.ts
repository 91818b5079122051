/** What the kernel programs sent and what they could not, added up over all CPUs. */
import { BpfError, possibleCpus, programInfo } from "../../bpf/libbpf/index.js";
import { openRawMap, type RawMap } from "./rawMap.js";
import { enumOf, fieldOf, structOf } from "./recordWriter.js";
import type { RecordLayout, SourceLosses } from "./source.js";

export interface Totals {
  /** Records, index `enum gs_record_type`. */
  readonly sent: readonly number[];
  readonly lost: readonly number[];
  readonly tableFull: number;
  readonly readFailed: number;
}

export interface LossCountersOptions {
  readonly countersFd: number;
  readonly programFds: readonly number[];
  readonly layout: RecordLayout;
}

/** Takes a duplicate of the counters' descriptor; those of the programs should stay open. */
export class LossCounters {
  readonly #options: LossCountersOptions;
  readonly #structBytes: number;
  readonly #map: RawMap;
  readonly #types: number;
  /** Of records that are no process's. */
  readonly #others: readonly number[];
  #missed = 0;

  constructor(options: LossCountersOptions) {
    this.#options = options;
    this.#structBytes = structOf(options.layout, "gs_counters").size;
    this.#types = enumOf(options.layout, "gs_record_type", "GS_RECORD_TYPES");
    this.#others = ["GS_RECORD_HOOK", "GS_RECORD_DNS", "GS_RECORD_TEST"].map((name) =>
      enumOf(options.layout, "gs_record_type", name),
    );
    this.#map = openRawMap(options.countersFd, 4, this.#structBytes * possibleCpus());
  }

  /** A run that a program missed is a record that was lost before it could be made. */
  read(): SourceLosses {
    const { lost, tableFull, readFailed } = this.totals();
    const others = this.#others.reduce((sum, type) => sum + (lost[type] ?? 0), 0);
    const ringProcess = lost.reduce((sum, each) => sum + each, 0) - others + this.#missedRuns();
    return { ring: ringProcess + others, ringProcess, tableFull, readFailed };
  }

  totals(): Totals {
    const bytes = this.#map.lookup(new Uint8Array(4)) ?? new Uint8Array(0);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const byType = (field: string) =>
      Array.from({ length: this.#types }, (_, type) => this.#sum(view, field, type));
    return {
      sent: byType("sent"),
      lost: byType("lost"),
      tableFull: this.#sum(view, "table_full", 0),
      readFailed: this.#sum(view, "read_failed", 0),
    };
  }

  close(): void {
    this.#map.close();
  }

  #sum(view: DataView, field: string, index: number): number {
    const struct = structOf(this.#options.layout, "gs_counters");
    const { offset } = fieldOf(struct, "gs_counters", field);
    let sum = 0n;
    for (let at = offset + 8 * index; at < view.byteLength; at += this.#structBytes) {
      sum += view.getBigUint64(at, true);
    }
    return Number(sum);
  }

  #missedRuns(): number {
    try {
      const misses = this.#options.programFds.map((fd) => programInfo(fd).recursionMisses);
      this.#missed = Number(misses.reduce((sum, each) => sum + each, 0n));
    } catch (error) {
      // The programs were closed before the source was: what is known stays.
      if (!(error instanceof BpfError)) throw error;
    }
    return this.#missed;
  }
}
