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
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guidestar plugin rm server-shell")
    .action(rm);
}

async function rm(name: string, flags: ShowFlags, command: Command): Promise<void> {
  const response = await withClient(command, ({ plugins }) => plugins.remove(name));
  if (flags.output === "json") {
    const { toJson } = await import("../json/protojson.js");
    return print(toJson("guidestar.RemovePluginResponse", response));
  }
  const { countsText, pluginTitle } = await import("./plugin/columns.js");
  const plugin = response.plugin ?? {};
  await print(
    `removed ${pluginTitle(plugin)}; the first event without it is number ${response.first_sequence}\nit ${countsText(plugin.counts)}`,
  );
}
