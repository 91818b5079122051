import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPlugin, projectFolder } from "../../../host/plugins/build.js";
import { PluginChain, type PluginChainOptions } from "../../../host/plugins/chain.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";

const compiled = new Map<string, Promise<Uint8Array>>();

/**
 * Compiles AssemblyScript source as a plugin, in a folder outside of the project that is gone after.
 * The same again is compiled once.
 */
export function compilePlugin(
  source: string,
  manifest: Readonly<Record<string, unknown>> = {},
): Promise<Uint8Array> {
  const key = JSON.stringify([source, manifest]);
  const known = compiled.get(key) ?? compile(source, manifest);
  compiled.set(key, known);
  return known;
}

async function compile(
  source: string,
  manifest: Readonly<Record<string, unknown>>,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "guidestar-test-"));
  try {
    await writeFile(join(folder, "index.ts"), source);
    const whole = { name: "probe", version: "1.0.0", description: "made by a test", ...manifest };
    await writeFile(join(folder, "manifest.json"), JSON.stringify(whole));
    const built = await buildPlugin({
      entry: join(folder, "index.ts"),
      manifest: join(folder, "manifest.json"),
      out: join(folder, "plugin.wasm"),
    });
    return built.bytes;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Compiles one of the sample plugins from its sources. */
export async function compileExample(name: string): Promise<Uint8Array> {
  const folder = join(projectFolder, "plugins/examples", name);
  const out = await mkdtemp(join(tmpdir(), "guidestar-test-"));
  try {
    const built = await buildPlugin({
      entry: join(folder, "index.ts"),
      manifest: join(folder, "manifest.json"),
      out: join(out, `${name}.wasm`),
    });
    return built.bytes;
  } finally {
    await rm(out, { recursive: true });
  }
}

/** A chain of these modules, in order. */
export async function chainOf(
  modules: readonly Uint8Array[],
  options?: PluginChainOptions,
): Promise<PluginChain> {
  const chain = new PluginChain(options);
  for (const bytes of modules) chain.activate(await chain.load(prepareModule(bytes)), 1);
  return chain;
}
