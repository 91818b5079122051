/** Plugins that work on the stream of one command: by name, or from a file that the daemon has for that long. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { guidestar } from "../../../proto/generated/api.js";
import type { Client } from "../../api/client.js";
import { readModule } from "../plugin/module.js";

export interface LentPlugins {
  /** For `GetEventsRequest.plugins`, in the order that was asked for. */
  readonly names: readonly string[];
  /** Takes the files' plugins from the daemon again. Call it when the stream has ended. */
  takeBack(): Promise<void>;
}

/**
 * Uploads the files among `wanted`, each under a name of its own and disabled, so that no other stream
 * notices. Rejects if one is refused; then none is left behind.
 */
export async function lendPlugins(client: Client, wanted: readonly string[]): Promise<LentPlugins> {
  const names: string[] = [];
  const lent: string[] = [];
  const takeBack = async () => {
    for (const name of lent.splice(0)) await client.plugins.remove(name);
  };
  try {
    for (const each of wanted) {
      if (!isPath(each)) {
        names.push(each);
        continue;
      }
      const { bytes, signature } = readModule(each);
      const name = `stream-${randomBytes(6).toString("hex")}`;
      const mode = guidestar.PluginMode.PLUGIN_MODE_DISABLED;
      await client.plugins.upload(bytes, { name, mode, signature });
      lent.push(name);
      names.push(name);
    }
  } catch (error) {
    await takeBack();
    throw error;
  }
  return { names, takeBack };
}

/** `my.wasm`, `./folder`, `folder/`: names of plugins have no such letters. */
function isPath(text: string): boolean {
  return /[./]/.test(text) || (!/^[a-z0-9-]+$/.test(text) && existsSync(text));
}
