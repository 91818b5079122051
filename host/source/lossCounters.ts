/** What the kernel programs could not deliver, added up over all CPUs. */
import { cpus, MapByFd } from "./mapByFd.js";
import { enumOf, fieldOf, structOf } from "./recordWriter.js";
import type { RecordLayout, SourceLosses } from "./source.js";

export interface Totals {
  /** Records by type, index `enum gs_record_type`. */
  readonly sent: readonly number[];
  readonly lost: readonly number[];
  readonly tableFull: number;
  readonly readFailed: number;
}

/** Reads the counters of one object. */
export class LossCounters {
  readonly #layout: RecordLayout;
  readonly #map: MapByFd;

  constructor(options: { readonly countersFd: number; readonly layout: RecordLayout }) {
    this.#layout = options.layout;
    this.#map = new MapByFd(options.countersFd);
  }

  read(): SourceLosses {
    const { lost, tableFull, readFailed } = this.totals();
    return { ring: lost.reduce((sum, each) => sum + each, 0), tableFull, readFailed };
  }

  totals(): Totals {
    const struct = structOf(this.#layout, "gs_counters");
    const bytes = this.#map.lookup(new Uint8Array(4), struct.size * cpus()) ?? new Uint8Array(0);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const sum = (field: string, index = 0) => {
      const { offset } = fieldOf(struct, "gs_counters", field);
      let total = 0n;
      for (let at = 0; at < bytes.length; at += struct.size) {
        total += view.getBigUint64(at + offset + 8 * index, true);
      }
      return Number(total);
    };
    const types = Array.from({ length: enumOf(this.#layout, "gs_record_type", "GS_RECORD_TYPES") });
    return {
      sent: types.map((_, type) => sum("sent", type)),
      lost: types.map((_, type) => sum("lost", type)),
      tableFull: sum("table_full"),
      readFailed: sum("read_failed"),
    };
  }

  close(): void {
    this.#map.close();
  }
}
