import { GuidestarError } from "../errors.js";
import type { PreparedPlugin } from "./prepared.js";
import type { LogSink } from "./runtime/imports.js";
import { PluginInstance } from "./runtime/instance.js";
import type { KeyValues } from "./runtime/keyValues.js";

export interface LoadOptions {
  readonly sink: LogSink;
  /** What the host keeps for the plugin; shared by its versions. */
  readonly keyValues: KeyValues;
  /** Wall clock that the plugin sees, ms since 1970. */
  readonly nowMs: () => number;
}

/** A prepared plugin, compiled and started: ready to be put into the chain between two batches. */
export interface LoadedPlugin extends LoadOptions {
  readonly prepared: PreparedPlugin;
  readonly module: WebAssembly.Module;
  readonly instance: PluginInstance;
}

/**
 * Compiles and starts a plugin. Compiling runs beside the pipeline; starting is bounded by fuel.
 * Rejects with a FAILED_PRECONDITION `GuidestarError` if it does not start, though it did for `prepare`.
 */
export async function load(prepared: PreparedPlugin, options: LoadOptions): Promise<LoadedPlugin> {
  const module = await WebAssembly.compile(prepared.code);
  try {
    const instance = new PluginInstance(module, { ...options, settings: prepared.settings });
    return { prepared, module, instance, ...options };
  } catch (error) {
    throw GuidestarError.from(error, "FAILED_PRECONDITION");
  }
}
