import type { Logger } from "../log.js";
import type { PluginBudget } from "./budget.js";
import { PluginManager } from "./manager.js";
import { noSignatures, type SignatureConfig } from "./signatureCheck.js";
import { diskStorage } from "./store/diskStorage.js";
import { memoryStorage } from "./store/storage.js";
import { prepare } from "./validate.js";

export interface PluginsConfig {
  /** Where plugins are kept; undefined: they are forgotten when the daemon ends. */
  readonly pluginDir?: string | undefined;
  /** Whose modules are taken; undefined: everybody's. */
  readonly pluginSignatures?: SignatureConfig | undefined;
  /** The most that any plugin gets. */
  readonly pluginCeiling?: PluginBudget | undefined;
  readonly log: Logger;
}

/** Opens the store of a daemon and makes its plugins ready. @throws GuidestarError if it cannot be used */
export async function openPlugins({
  pluginDir,
  pluginSignatures,
  pluginCeiling: ceiling,
  log,
}: PluginsConfig): Promise<PluginManager> {
  const storage = pluginDir === undefined ? memoryStorage() : await diskStorage(pluginDir);
  try {
    return await PluginManager.open({
      storage,
      prepare: (bytes, options) => prepare(bytes, { ...options, ceiling }),
      signatures: pluginSignatures ?? noSignatures,
      onTrouble: (plugin, line) => log.warn(plugin === "" ? {} : { plugin }, line),
    });
  } catch (error) {
    await storage.close();
    throw error;
  }
}
