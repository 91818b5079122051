import { GuidestarError } from "../errors.js";
import type { PreparedPlugin } from "./prepared.js";
import type { LogSink } from "./runtime/imports.js";
import { PluginInstance } from "./runtime/instance.js";

/** A prepared plugin, compiled and started: ready to be put into the chain between two batches. */
export interface LoadedPlugin {
  readonly prepared: PreparedPlugin;
  readonly module: WebAssembly.Module;
  readonly instance: PluginInstance;
  readonly sink: LogSink;
}

/**
 * Compiles and starts a plugin. Compiling runs beside the pipeline; starting is bounded by fuel.
 * Rejects with a FAILED_PRECONDITION `GuidestarError` if it does not start, though it did for `prepare`.
 */
export async function load(prepared: PreparedPlugin, sink: LogSink): Promise<LoadedPlugin> {
  const module = await WebAssembly.compile(prepared.code);
  return { prepared, module, instance: start(module, sink), sink };
}

function start(module: WebAssembly.Module, sink: LogSink): PluginInstance {
  try {
    return new PluginInstance(module, sink);
  } catch (error) {
    throw GuidestarError.from(error, "FAILED_PRECONDITION");
  }
}
