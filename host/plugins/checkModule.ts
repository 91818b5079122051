import { GuidestarError } from "../errors.js";
import { extismImports } from "./extism/hostFunctions.js";
import { MANIFEST_SECTION, type Manifest, parseManifest } from "./manifest.js";
import type { FunctionType, WasmModule } from "./wasm/module.js";
import { ValueType } from "./wasm/opcodes.js";

const { i32, i64 } = ValueType;

/** Functions that a plugin must export, with their types. */
const requiredFunctions: Readonly<Record<string, FunctionType>> = {
  gs_abi: { parameters: [], results: [i32] },
  gs_allocate: { parameters: [i32], results: [i32] },
  gs_process_batch: { parameters: [i32], results: [i32] },
};

/** Functions that a plugin may export besides. */
const optionalFunctions: Readonly<Record<string, FunctionType>> = {
  gs_tick: { parameters: [i32], results: [i32] },
  gs_configure: { parameters: [i32, i32], results: [i32] },
  gs_save_state: { parameters: [], results: [i32] },
  gs_load_state: { parameters: [i32, i32], results: [i32] },
};

/** Everything that plugins may import. */
const importTypes: Readonly<Record<string, FunctionType>> = {
  "guidestar.log": { parameters: [i32, i32, i32], results: [] },
  "guidestar.clock": { parameters: [], results: [i64] },
  "guidestar.kv_get": { parameters: [i32, i32, i32, i32], results: [i32] },
  "guidestar.kv_set": { parameters: [i32, i32, i32, i32], results: [i32] },
  "guidestar.kv_delete": { parameters: [i32, i32], results: [i32] },
  "env.abort": { parameters: [i32, i32, i32, i32], results: [] },
};

/** Refuses a module that is no plugin, by what it imports and exports; nothing of it has run yet. */
export function checkModule(module: WasmModule): Manifest {
  if (isExtism(module)) return checkExtism(module);
  checkImports(module);
  if (!module.exports.some((e) => e.name === "gs_abi")) {
    refuse("the module exports no gs_abi, so it is no plugin: build it with the guidestar SDK");
  }
  checkMemory(module);
  for (const [name, type] of Object.entries(requiredFunctions)) checkFunction(module, name, type);
  for (const [name, type] of Object.entries(optionalFunctions)) {
    if (module.exports.some((e) => e.name === name)) checkFunction(module, name, type);
  }
  const manifest = readManifest(module);
  checkHandlers(module, manifest);
  return manifest;
}

/** Whether a module was built with one of the plugin kits of Extism. */
export function isExtism(module: WasmModule): boolean {
  return module.imports.some(({ module: from }) => from === EXTISM);
}

const EXTISM = "extism:host/env";

function checkExtism(module: WasmModule): Manifest {
  const types: Record<string, FunctionType> = {
    "env.abort": importTypes["env.abort"] as FunctionType,
  };
  for (const [name, type] of Object.entries(extismImports)) types[`${EXTISM}.${name}`] = type;
  checkImports(module, types);
  const has = (name: string) => module.exports.some((e) => e.name === name);
  const entries = ["guidestar_batch", "guidestar_batch_protobuf"];
  if (!entries.some(has)) {
    refuse(
      "the module exports no guidestar_batch, which is what an Extism plugin is called by (guidestar_batch_protobuf, if it reads protobuf)",
    );
  }
  if (entries.every(has)) {
    refuse(`the module exports both ${entries.join(" and ")}: one of them is what it is called by`);
  }
  if (has("guidestar_save") !== has("guidestar_load")) {
    refuse(
      "the module exports one of guidestar_save and guidestar_load: it must have both, or neither",
    );
  }
  for (const name of [...entries, "guidestar_save", "guidestar_load"]) {
    if (has(name)) checkFunction(module, name, { parameters: [], results: [i32] });
  }
  return readManifest(module);
}

function checkImports(module: WasmModule, allowed = importTypes): void {
  for (const { module: from, name, kind, type } of module.imports) {
    const full = `${from}.${name}`;
    if (kind === "memory") {
      refuse(`the module imports its memory (${full}): it must have one of its own and export it`);
    }
    const expected = Object.hasOwn(allowed, full) ? allowed[full] : undefined;
    if (expected === undefined) {
      throw refusal(
        `the module imports ${full}, which plugins may not have: allowed are ${Object.keys(allowed).join(", ")}`,
      );
    }
    const actual = kind === "function" ? module.types[type] : undefined;
    if (!actual || !sameType(actual, expected)) {
      refuse(
        `the module imports ${full} as ${actual ? describe(actual) : `a ${kind}`}, it is ${describe(expected)}`,
      );
    }
  }
}

function checkMemory(module: WasmModule): void {
  if (module.memories.length === 0) {
    refuse('the module has no memory: a plugin has one and exports it as "memory"');
  }
  if (!module.exports.some((e) => e.name === "memory" && e.kind === "memory")) {
    refuse('the module does not export its memory: it must do so as "memory"');
  }
}

function checkFunction(module: WasmModule, name: string, expected: FunctionType): void {
  const found = module.exports.find((e) => e.name === name);
  if (!found) throw refusal(`the module exports no ${name}: build it with the guidestar SDK`);
  const type = found.kind === "function" ? module.functions[found.index] : undefined;
  const actual = type === undefined ? undefined : module.types[type];
  if (!actual || !sameType(actual, expected)) {
    refuse(
      `the module exports ${name} as ${actual ? describe(actual) : `a ${found.kind}`}, it must be ${describe(expected)}`,
    );
  }
}

/** What the manifest promises must be there, and the other way round. */
function checkHandlers(module: WasmModule, manifest: Manifest): void {
  const has = (name: string) => module.exports.some((e) => e.name === name);
  if (has("gs_tick") !== manifest.tickMs > 0) {
    refuse(
      has("gs_tick")
        ? 'the module has onTick (export gs_tick), but its manifest has no "tickMs" to say how often'
        : 'the manifest has "tickMs", but the module has no onTick (export gs_tick)',
    );
  }
  if (manifest.settings !== undefined && !has("gs_configure")) {
    refuse('the manifest has "settings", but the module has no onSettings (export gs_configure)');
  }
  if (has("gs_save_state") !== has("gs_load_state")) {
    refuse("the module has one of onSave and onLoad: it must have both, or neither");
  }
}

function readManifest(module: WasmModule): Manifest {
  const sections = module.custom.filter((section) => section.name === MANIFEST_SECTION);
  const [section] = sections;
  if (!section) {
    return refuse(
      `the module has no manifest (custom section ${MANIFEST_SECTION}): build it with "guidestar plugin build", which adds manifest.json`,
    );
  }
  if (sections.length > 1) refuse(`the module has section ${MANIFEST_SECTION} more than once`);
  let json: string;
  try {
    const bytes = module.bytes.subarray(section.start, section.end);
    json = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return refuse("the manifest in the module is not valid UTF-8");
  }
  return parseManifest(json, "the manifest in the module");
}

function sameType(a: FunctionType, b: FunctionType): boolean {
  return a.parameters.join() === b.parameters.join() && a.results.join() === b.results.join();
}

function describe({ parameters, results }: FunctionType): string {
  const names = new Map<number, string>(Object.entries(ValueType).map(([name, t]) => [t, name]));
  const list = (types: readonly number[]) => types.map((t) => names.get(t)).join(", ");
  return `a function (${list(parameters)}) -> (${list(results)})`;
}

function refuse(message: string): never {
  throw refusal(message);
}

function refusal(message: string): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", message);
}
