import { PluginChain, type PluginChainOptions } from "../chain.js";
import { newInstance } from "../instances.js";
import type { PluginSetup, PreparedPlugin } from "../prepared.js";
import { settingsFor } from "../settings/ofPlugin.js";

/**
 * A chain of one plugin, in force. `settings`: an object or its JSON. Rejects with a `GuidestarError` if
 * the plugin, or its schema, does not take them.
 */
export async function chainOfOne(
  plugin: PreparedPlugin,
  settings: unknown,
  options: PluginChainOptions,
): Promise<PluginChain> {
  const chain = new PluginChain(options);
  const setup: PluginSetup = {
    plugin,
    instance: newInstance(),
    mode: "enforce",
    settings: settingsFor(plugin, settings),
    uploadedMs: 0,
  };
  chain.arrange(await chain.loadAll([setup]), 1);
  return chain;
}
