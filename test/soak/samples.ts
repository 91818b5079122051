import { readFileSync } from "node:fs";
import { toNumber } from "../../host/api/numbers.js";
import type { guidestar } from "../../proto/generated/api.js";
import type { Ledger } from "./ledger.js";

export interface Sample {
  readonly rssMiB: number;
  readonly cacheSize: number;
  readonly misses: number;
  readonly evictions: number;
  readonly swept: number;
  readonly lostRing: number;
  readonly tableFull: number;
  readonly lostByClient: number;
}

/** How much more the last quarter may have on average than the second: what garbage makes of it. */
const flatWithin = 1.1;

/** The daemon's figures, again and again. */
export class Samples {
  readonly #all: Sample[] = [];

  constructor(
    readonly pid: number,
    readonly status: () => Promise<guidestar.GetStatusResponse>,
  ) {}

  get last(): Sample {
    const last = this.#all.at(-1);
    if (!last) throw new Error("nothing was sampled");
    return last;
  }

  get mostCached(): number {
    return Math.max(...this.#all.map(({ cacheSize }) => cacheSize));
  }

  async take(): Promise<void> {
    const { pipeline, process_cache: cache, streams } = await this.status();
    const of = (value: Parameters<typeof toNumber>[0]) => toNumber(value ?? 0);
    const text = readFileSync(`/proc/${this.pid}/status`, "utf8");
    this.#all.push({
      rssMiB: Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1]) / 1024,
      cacheSize: of(cache?.size),
      misses: of(cache?.misses),
      evictions: of(cache?.evictions),
      swept: of(cache?.swept) + of(cache?.table_swept),
      lostRing: of(pipeline?.lost_ring),
      tableFull: of(pipeline?.table_full),
      lostByClient: streams.reduce((sum, { lost }) => sum + of(lost), 0),
    });
  }

  print(seconds: number, { execs, exits }: Ledger): void {
    const { rssMiB, cacheSize, lostRing } = this.last;
    process.stdout.write(
      `${String(Math.round(seconds)).padStart(5)} s: ${exits} ends and ${execs} execs told, ${lostRing} lost, cache of ${cacheSize}, RSS ${rssMiB.toFixed(0)} MiB\n`,
    );
  }

  /** The first quarter is the daemon's youth: code is compiled, buffers grow to their size. */
  #quarters(): number[] {
    const each = this.#all.length / 4;
    return [0, 1, 2, 3].map((i) => {
      const part = this.#all.slice(Math.floor(i * each), Math.floor((i + 1) * each));
      return part.reduce((sum, { rssMiB }) => sum + rssMiB, 0) / Math.max(part.length, 1);
    });
  }

  isFlat(): boolean {
    const [, second = 0, , last = 0] = this.#quarters();
    return last <= second * flatWithin;
  }

  memoryText(): string {
    const text = this.#quarters().map((mean) => mean.toFixed(0));
    return `${text.join(", ")} on average in each quarter`;
  }

  /** User and system time of all its threads. */
  cpuText(seconds: number): string {
    const stat = readFileSync(`/proc/${this.pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / 100;
    return `${((100 * cpuSeconds) / seconds).toFixed(0)}% of a CPU`;
  }
}
