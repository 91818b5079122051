/** A plugin that passed validation, ready for the chain. Plain data: it crosses threads. */
export interface PreparedPlugin {
  readonly name: string;
  /** Lower-case hexadecimal SHA-256 of the module as uploaded. */
  readonly version: string;
  readonly manifestVersion: string;
  readonly description: string;
  /** Bytes of the module as uploaded. */
  readonly size: number;
  /** The module as it will run: rewritten to burn fuel, memory bounded. */
  readonly code: Uint8Array;
  /** Event types the plugin wants to see (numbers of `EventType`); empty: all. */
  readonly eventTypes: readonly number[];
}

/** Counted since the version became active. */
export interface PluginCounts {
  seen: number;
  kept: number;
  dropped: number;
  annotated: number;
  failed: number;
  timeNs: number;
  fuel: number;
}

/** A plugin in the chain. */
export interface ActivePlugin {
  readonly name: string;
  readonly version: string;
  readonly manifestVersion: string;
  readonly description: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly uploadedMs: number;
  readonly firstSequence: number;
  readonly counts: PluginCounts;
  /** Why it is out of the chain; "" while it works. */
  readonly failure: string;
}
