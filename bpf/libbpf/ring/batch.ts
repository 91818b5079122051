/** One record of a batch: the same object each time, moved on by the iteration. */
export interface RingRecord {
  /** Bytes from the start of the ring's `bytes`. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** The record where the kernel wrote it: valid until the next one is asked for. Do not write. */
  readonly bytes: Uint8Array;
  /** A copy to keep. */
  copy(): Uint8Array;
}

/** What the batch needs of its ring. */
export interface BatchSource {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  begin(): void;
  end(): void;
  next(record: { offset: number; size: number }): boolean;
}

/** A bounded run of records; stops early when there are no more. */
export class RingBatch implements Iterable<RingRecord>, Iterator<RingRecord> {
  readonly #source: BatchSource;
  readonly #record: Current;
  readonly #result: { done: boolean; value: RingRecord };
  #left: number;
  #started = false;

  constructor(maxRecords: number, source: BatchSource) {
    this.#left = maxRecords;
    this.#source = source;
    this.#record = new Current(source.bytes);
    this.#result = { done: false, value: this.#record };
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<RingRecord, undefined> {
    if (!this.#started) {
      if (this.#left <= 0) return finished;
      this.#started = true;
      this.#source.begin();
    }
    if (this.#left > 0 && this.#source.next(this.#record)) {
      this.#left--;
      return this.#result as IteratorYieldResult<RingRecord>;
    }
    return this.return();
  }

  return(): IteratorResult<RingRecord, undefined> {
    if (this.#started && this.#left >= 0) this.#source.end();
    this.#started = true;
    this.#left = -1;
    return finished;
  }
}

const finished: IteratorReturnResult<undefined> = { done: true, value: undefined };

const nothing = new Uint8Array(0);

class Current implements RingRecord {
  offset = 0;
  size = 0;
  readonly #ring: Uint8Array;

  constructor(ring: Uint8Array) {
    this.#ring = ring;
  }

  get bytes(): Uint8Array {
    // Of a closed ring nothing is left.
    if (this.#ring.length === 0) return nothing;
    return this.#ring.subarray(this.offset, this.offset + this.size);
  }

  copy(): Uint8Array {
    return this.bytes.slice();
  }
}
