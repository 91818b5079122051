import type { SettingsSchema } from "./settings/schema.js";

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
  /** How often it is called by the clock, ms; 0: never. */
  readonly tickMs: number;
  /** Absent: it has no settings. */
  readonly schema?: SettingsSchema;
  /** Settings it starts with, JSON that fits the schema; "": it has none. */
  readonly settings: string;
}

/** Counted since the version became active. */
export interface PluginCounts {
  seen: number;
  kept: number;
  dropped: number;
  annotated: number;
  failed: number;
  /** Events that it sent for others, and what it found out. */
  emitted: number;
  findings: number;
  /** Events of which it filled fields. */
  patched: number;
  timeNs: number;
  fuel: number;
}

/** Nothing counted yet. */
export function newCounts(): PluginCounts {
  return {
    ...{ seen: 0, kept: 0, dropped: 0, annotated: 0, failed: 0 },
    ...{ emitted: 0, findings: 0, patched: 0, timeNs: 0, fuel: 0 },
  };
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
