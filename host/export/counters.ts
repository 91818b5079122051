/** Counts that the export's thread keeps and that the main thread reads at any time, even if the disk hangs. */
export class ExportCounters {
  readonly #values: BigInt64Array;

  constructor(readonly buffer = new SharedArrayBuffer(8 * names.length)) {
    this.#values = new BigInt64Array(buffer);
  }

  get(name: CounterName): number {
    return Number(Atomics.load(this.#values, names.indexOf(name)));
  }

  add(name: CounterName, value: number): void {
    if (value !== 0) Atomics.add(this.#values, names.indexOf(name), BigInt(value));
  }

  set(name: CounterName, value: number): void {
    Atomics.store(this.#values, names.indexOf(name), BigInt(value));
  }
}

const names = [
  /** Events in a file. */
  "written",
  "writtenBytes",
  "rateLimited",
  /** Events that could not be written at all. */
  "failed",
  "rotations",
  /** Events and bytes of frames that are over and done with, whatever became of them. */
  "doneEvents",
  "doneBytes",
  /** 1 while nothing can be written. */
  "failing",
] as const;

export type CounterName = (typeof names)[number];
