import { createHash } from "node:crypto";
import { GuidestarError } from "../errors.js";
import { budgetOf, type PluginBudget } from "./budget.js";
import { checkModule, isExtism } from "./checkModule.js";
import { checkName, eventTypesOf } from "./manifest.js";
import type { PreparedPlugin } from "./prepared.js";
import { Packer } from "./runtime/packer.js";
import { PluginError } from "./runtime/pluginError.js";
import type { SettingsSchema } from "./settings/schema.js";
import { settingsJson } from "./settings/values.js";
import { readyFor, startInstance } from "./startInstance.js";
import { decode } from "./wasm/decode.js";
import type { WasmModule } from "./wasm/module.js";
import { rewrite } from "./wasm/rewrite.js";
import { WasmError } from "./wasm/wasmError.js";

// It runs in a thread that lives for one module; what it is shows only on the way.
await readyFor({ kind: "extism" });

/**
 * What `prepare` does, in the thread that it is called on. The bytes come from anywhere: call it only
 * where a loop or a fit of memory hurts nobody.
 */
export function prepareModule(
  bytes: Uint8Array,
  name?: string,
  ceiling?: PluginBudget,
): PreparedPlugin {
  try {
    return prepareChecked(bytes, name, ceiling);
  } catch (error) {
    if (error instanceof WasmError || error instanceof PluginError) {
      const { message } = error;
      throw new GuidestarError("INVALID_ARGUMENT", message, { cause: error });
    }
    throw error;
  }
}

function prepareChecked(bytes: Uint8Array, name?: string, ceiling?: PluginBudget): PreparedPlugin {
  const module = decodeFile(bytes);
  const manifest = checkModule(module);
  const budget = budgetOf(manifest.limits ?? {}, ceiling);
  const code = rewrite(module, { memoryBytes: budget.memoryBytes });
  checkWithEngine(bytes);
  const settings = manifest.settings ? startSettings(manifest.settings) : "";
  const kind = isExtism(module) ? "extism" : "native";
  probe({ kind, budget }, code, settings);
  return {
    name: name === undefined ? manifest.name : checkName(name, "the plugin's name"),
    version: createHash("sha256").update(bytes).digest("hex"),
    manifestVersion: manifest.version,
    description: manifest.description,
    size: bytes.length,
    code,
    ...(kind === "extism" && { kind }),
    eventTypes: eventTypesOf(manifest),
    ...(manifest.functions.length > 0 && { functions: manifest.functions }),
    budget,
    tickMs: manifest.tickMs,
    ...(manifest.settings && { schema: manifest.settings }),
    settings,
    failurePolicy: manifest.failure,
    scope: manifest.scope,
  };
}

/** Bytes of the header, which tells whether a file is a module at all. */
const HEADER_BYTES = 8;

function decodeFile(bytes: Uint8Array): WasmModule {
  try {
    return decode(bytes);
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
    const { reason, offset } = error;
    if (reason.includes("component model")) {
      throw new GuidestarError(
        "INVALID_ARGUMENT",
        `${reason}, and this host runs core modules only: build it with the guidestar SDK`,
        { cause: error },
      );
    }
    if (offset < HEADER_BYTES || bytes.length < HEADER_BYTES) {
      throw new GuidestarError(
        "INVALID_ARGUMENT",
        `the file is not a WebAssembly module: ${reason}`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** The decoder knows the format, the engine knows the types: only both together let a module pass. */
function checkWithEngine(bytes: Uint8Array): void {
  if (WebAssembly.validate(bytes)) return;
  let why = "";
  try {
    new WebAssembly.Module(bytes);
  } catch (error) {
    why = (error as Error).message.replace(/^WebAssembly\.Module\(\): /, "");
  }
  throw new GuidestarError("INVALID_ARGUMENT", `the module is not valid: ${why}`);
}

/** What a plugin starts with until somebody sets something. */
function startSettings(schema: SettingsSchema): string {
  return settingsJson(schema, {}, "settings, with nothing set,");
}

/** Starts an instance and has it judge nothing, to see that it can. */
function probe(
  plugin: Pick<PreparedPlugin, "kind" | "budget">,
  code: Uint8Array,
  settings: string,
): void {
  const module = new WebAssembly.Module(code);
  const instance = startInstance(plugin, module, { sink: () => {}, settings });
  const packer = new Packer();
  packer.pack([], 0);
  instance.judge(packer, new Uint32Array(0), 0);
  instance.tick(packer, false);
  if (instance.canHandOver) instance.loadState(instance.saveState());
}
