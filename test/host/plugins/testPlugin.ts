import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPlugin, projectFolder } from "../../../host/plugins/build.js";
import { PluginChain, type PluginChainOptions } from "../../../host/plugins/chain.js";
import { newInstance } from "../../../host/plugins/instances.js";
import type { ActivePlugin, PluginSetup, PreparedPlugin } from "../../../host/plugins/prepared.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { settingsFor } from "../../../host/plugins/settings/ofPlugin.js";

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
  for (const bytes of modules) await activate(chain, prepareModule(bytes));
  return chain;
}

/** What each chain of a test was told to be. */
const setups = new WeakMap<PluginChain, PluginSetup[]>();

/** Puts a plugin at the end of a chain, or, with fresh state, in the place of the one of its name. */
export async function activate(
  chain: PluginChain,
  plugin: PreparedPlugin,
  firstSequence = 1,
): Promise<{ readonly active: ActivePlugin; readonly replaced: ActivePlugin | undefined }> {
  const before = setups.get(chain) ?? [];
  const { settings, name } = plugin;
  const setup: PluginSetup = {
    ...{ plugin, instance: newInstance(), mode: "enforce", settings, uploadedMs: 1234 },
  };
  const place = before.findIndex((other) => other.plugin.name === name);
  const next = place < 0 ? [...before, setup] : before.with(place, setup);
  const { plugins, removed } = await arrange(chain, next, firstSequence);
  const active = plugins.find((one) => one.name === name);
  if (!active) throw new Error(`${name} is not in the chain`);
  return { active, replaced: removed.find((one) => one.name === name) };
}

/** Takes a plugin out; its final counts, or undefined if it was not there. */
export async function remove(chain: PluginChain, name: string): Promise<ActivePlugin | undefined> {
  const rest = (setups.get(chain) ?? []).filter(({ plugin }) => plugin.name !== name);
  const { removed } = await arrange(chain, rest, 1);
  return removed.find((one) => one.name === name);
}

/** Gives a plugin other settings. Rejects if it, or its schema, does not take them. */
export async function configure(chain: PluginChain, name: string, values: object): Promise<void> {
  const next = (setups.get(chain) ?? []).map((setup) =>
    setup.plugin.name === name ? { ...setup, settings: settingsFor(setup.plugin, values) } : setup,
  );
  await arrange(chain, next, 1);
}

async function arrange(chain: PluginChain, next: PluginSetup[], firstSequence: number) {
  const arranged = chain.arrange(await chain.loadAll(next), firstSequence);
  setups.set(chain, next);
  return arranged;
}
