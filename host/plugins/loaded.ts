import { GuidestarError } from "../errors.js";
import type { PreparedPlugin } from "./prepared.js";
import type { LogSink } from "./runtime/imports.js";
import type { Instance } from "./runtime/instance.js";
import type { KeyValues } from "./runtime/keyValues.js";
import { readyFor, startInstance } from "./startInstance.js";

export interface LoadOptions {
  readonly sink: LogSink;
  /** What the host keeps for the plugin; shared by its versions. */
  readonly keyValues: KeyValues;
  /** Wall clock that the plugin sees, ms since 1970. */
  readonly nowMs: () => number;
  /** JSON that fits its schema; "": it has none. */
  readonly settings: string;
}

/** A prepared plugin, compiled and started: ready to be put into the chain between two batches. */
export interface LoadedPlugin extends LoadOptions {
  readonly prepared: PreparedPlugin;
  /** undefined, as is the instance: it did not start, `failure` says why. */
  readonly module: WebAssembly.Module | undefined;
  readonly instance: Instance | undefined;
  readonly failure?: string;
}

/** Modules by version: many instances of one are compiled once. */
const compiled = new Map<string, WeakRef<WebAssembly.Module>>();

/**
 * Compiles and starts a plugin. Compiling runs beside the pipeline; starting is bounded by fuel.
 * Rejects with a FAILED_PRECONDITION `GuidestarError` if it does not start, though it did for `prepare`.
 */
export async function load(prepared: PreparedPlugin, options: LoadOptions): Promise<LoadedPlugin> {
  const module = await compile(prepared);
  await readyFor(prepared);
  try {
    return { prepared, module, instance: startInstance(prepared, module, options), ...options };
  } catch (error) {
    throw GuidestarError.from(error, "FAILED_PRECONDITION");
  }
}

async function compile({ version, code }: PreparedPlugin): Promise<WebAssembly.Module> {
  const known = compiled.get(version)?.deref();
  if (known) return known;
  const module = await WebAssembly.compile(code);
  for (const [key, ref] of compiled) if (ref.deref() === undefined) compiled.delete(key);
  compiled.set(version, new WeakRef(module));
  return module;
}
