/** What iteration needs to know of a map. */
export interface RawMap {
  readonly name: string;
  readonly fd: number;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes, of all CPUs together. */
  readonly valueBytes: number;
  readonly maxEntries: number;
}

export interface RawEntry {
  readonly key: Uint8Array;
  /** Undefined if only keys were asked for. */
  readonly value: Uint8Array | undefined;
}
