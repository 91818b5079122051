/** What the manager of a daemon's plugins is given, and what it says. */
import type { PipelinePort } from "../pipeline/port.js";
import type { ActivePlugin, PluginMode, PreparedPlugin } from "./prepared.js";
import type { GateLimits, Rehearsal } from "./rehearsal.js";
import type { SignatureConfig } from "./signatureCheck.js";
import type { StoredPlugin } from "./store/state.js";
import type { Storage } from "./store/storage.js";

/**
 * Validates and rewrites a module. `name`: to register it under; absent: as its manifest says.
 * Rejects with `INVALID_ARGUMENT` and the reason.
 */
export type Prepare = (
  module: Uint8Array,
  options: { readonly name?: string },
) => Promise<PreparedPlugin>;

/** What a plugin's change needs of the pipeline. */
export type ChainPort = Pick<PipelinePort, "arrange" | "plugins" | "rehearse">;

export interface PluginManagerOptions {
  readonly storage: Storage;
  readonly prepare: Prepare;
  /** Told what an operator should know, in a sentence. */
  readonly onTrouble?: (plugin: string, line: string) => void;
  readonly nowMs?: () => number;
  /** Whose modules are taken. Default: everybody's. */
  readonly signatures?: SignatureConfig;
}

export interface UploadOptions {
  /** To register it under; default: the name in its manifest. */
  readonly name?: string;
  /** Default: that of the version before, else `enforce`. */
  readonly mode?: PluginMode;
  /** Runs it beside the active version, and compares. Default false. */
  readonly asShadow?: boolean;
  /** JSON text. Default: the settings of the version before if they fit, else the defaults. */
  readonly settings?: string;
  /** Tries it on the last events first, and refuses it if that shows more than this. */
  readonly gate?: GateLimits;
  /** Of the module, if it is not in the module itself. */
  readonly signature?: Uint8Array;
  /** True: nobody waits for the result any more, so nothing may change. */
  readonly isCancelled?: () => boolean;
}

export interface Changed {
  readonly plugin: PluginState;
  /** Number of the first event that passes through the chain as it is now. */
  readonly firstSequence: number;
  /** Hash of the version that was replaced; "": none was. */
  readonly replaced: string;
  /** What the plugin said of the last events, if there was a gate. */
  readonly rehearsal?: Rehearsal | undefined;
}

export interface Ordered {
  /** Number of the first event that passes through the plugins in this order. */
  readonly firstSequence: number;
  /** Names of all of them. */
  readonly order: readonly string[];
}

export interface PluginState {
  readonly stored: StoredPlugin;
  /** As it is in the chain, or was; undefined: it is in none. */
  readonly active: ActivePlugin | undefined;
  /** The version in use; undefined if it cannot be used. */
  readonly prepared: PreparedPlugin | undefined;
  /** Why it cannot be used though it is stored; "" if it can. */
  readonly broken: string;
}
