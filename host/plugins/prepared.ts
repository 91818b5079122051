import type { PluginBudget } from "./budget.js";
import type { SettingsSchema } from "./settings/schema.js";

/** What happens to events that a plugin fails on: they pass, flagged, or they are dropped. */
export type FailurePolicy = "open" | "closed";

/** Runs once before all streams, or anew for each GetEvents call that names it. */
export type PluginScope = "node" | "stream";

/** `monitor`: it runs and is accounted, but what it says is not done. `disabled`: it does not run. */
export type PluginMode = "enforce" | "monitor" | "disabled";

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
  /** The ABI it was built for; absent: native. */
  readonly kind?: "native" | "extism";
  /** Event types the plugin wants to see (numbers of `EventType`); empty: all. */
  readonly eventTypes: readonly number[];
  /** Of calls that policies watch, those of these functions and tracepoints; absent: all. */
  readonly functions?: readonly string[];
  /** Absent: the default. */
  readonly budget?: PluginBudget;
  /** How often it is called by the clock, ms; 0: never. */
  readonly tickMs: number;
  /** Absent: it has no settings. */
  readonly schema?: SettingsSchema;
  /** Settings it starts with until others are set, JSON that fits the schema; "": it has none. */
  readonly settings: string;
  readonly failurePolicy: FailurePolicy;
  readonly scope: PluginScope;
}

/** Counted since the version became active. seen = kept + dropped + failed. */
export interface PluginCounts {
  seen: number;
  kept: number;
  dropped: number;
  annotated: number;
  failed: number;
  /** Of the failed ones, those that did not pass, because the plugin fails closed. */
  withheld: number;
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
    ...{ seen: 0, kept: 0, dropped: 0, annotated: 0, failed: 0, withheld: 0 },
    ...{ emitted: 0, findings: 0, patched: 0, timeNs: 0, fuel: 0 },
  };
}

/** How one plugin is to be in the chain. */
export interface PluginSetup {
  readonly plugin: PreparedPlugin;
  /** Names its instance: under a new number it starts with fresh state, under the same it goes on. */
  readonly instance: number;
  readonly mode: PluginMode;
  /** JSON that fits its schema; "": it has none. */
  readonly settings: string;
  /** Milliseconds since 1970. */
  readonly uploadedMs: number;
  /** A second version that runs beside it and is compared with it. */
  readonly shadow?: ShadowSetup | undefined;
}

export interface ShadowSetup {
  readonly plugin: PreparedPlugin;
  readonly instance: number;
  readonly settings: string;
}

/** A plugin in the chain. */
export interface ActivePlugin {
  readonly name: string;
  readonly version: string;
  readonly manifestVersion: string;
  readonly description: string;
  readonly size: number;
  readonly mode: PluginMode;
  readonly failurePolicy: FailurePolicy;
  readonly settings: string;
  /** Milliseconds since 1970. */
  readonly uploadedMs: number;
  readonly firstSequence: number;
  readonly counts: PluginCounts;
  /** Why it is out of the chain; "" while it works. */
  readonly failure: string;
  readonly shadow?: ShadowReport | undefined;
}

/** A shadow version, compared with the active one. */
export interface ShadowReport {
  readonly version: string;
  readonly manifestVersion: string;
  readonly firstSequence: number;
  readonly counts: PluginCounts;
  readonly failure: string;
  /** Events that both judged. */
  readonly compared: number;
  /** Of them, those on which they did not say the same. */
  readonly different: number;
  /** The first of these. */
  readonly differences: readonly Difference[];
}

export interface Difference {
  /** Number of the event. */
  readonly sequence: number;
  readonly active: SaidOfEvent;
  readonly shadow: SaidOfEvent;
}

/** What a version said of an event. */
export interface SaidOfEvent {
  readonly verdict: "keep" | "drop" | "failed";
  /** Its annotations as `key=value`, in the order of their keys. */
  readonly annotations: readonly string[];
}

/** What the chain is after it was arranged anew. */
export interface Arranged {
  /** Number of the first event that passes through the new arrangement. */
  readonly firstSequence: number;
  /** In the order of the chain. */
  readonly plugins: readonly ActivePlugin[];
  /** Those that are no longer there, with their final counts; replaced versions among them. */
  readonly removed: readonly ActivePlugin[];
}
