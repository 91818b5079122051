/** `guidestar plugin rm`. */
import type { Command } from "commander";
import { withClient } from "./globals.js";
import { print } from "./output.js";
import { jsonOption, type ShowFlags } from "./show.js";

export function register(plugin: Command): void {
  plugin
    .command("rm")
    .summary("remove a plugin")
    .description("Takes a plugin out while events flow, and prints its final counts.")
    .argument("<name>", "as 'plugin list' shows it")
    .option("--shadow", "only the version that runs beside the active one")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guidestar plugin rm server-shell")
    .action(rm);
}

async function rm(
  name: string,
  flags: ShowFlags & { readonly shadow?: boolean },
  command: Command,
): Promise<void> {
  const response = await withClient(command, ({ plugins }) => plugins.remove(name, flags.shadow));
  if (flags.output === "json") {
    const { toJson } = await import("../json/protojson.js");
    return print(toJson("guidestar.RemovePluginResponse", response));
  }
  const { countsText, pluginTitle } = await import("./plugin/columns.js");
  const plugin = response.plugin ?? {};
  if (flags.shadow) return print(`removed the shadow of ${pluginTitle(plugin)}`);
  await print(
    `removed ${pluginTitle(plugin)}; the first event without it is number ${response.first_sequence}\nit ${countsText(plugin.counts)}`,
  );
}
