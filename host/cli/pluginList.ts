/** `guidestar plugin list`. */
import type { Command } from "commander";
import { withClient } from "./globals.js";
import { print, say } from "./output.js";
import { jsonOption, type ShowFlags, showTable } from "./show.js";

export function register(plugin: Command): void {
  plugin
    .command("list")
    .alias("ls")
    .summary("list plugins and what they did")
    .description(
      "Lists the plugins in the order in which events pass through them, with their counts since they became active.",
    )
    .addOption(jsonOption())
    .addHelpText("after", help)
    .action(list);
}

const help = `
On a terminal: a table. Else one plugin a line, fields separated by tabs: name, version, hash of
the module, first event seen, events seen, kept, dropped, annotated, failed, nanoseconds an event,
state. -o json has everything.

Examples:
  guidestar plugin list
  guidestar plugin list | cut -f1,7                    who dropped how many
  guidestar plugin list -o json | jq '.plugins[].version'`;

async function list(flags: ShowFlags, command: Command): Promise<void> {
  const plugins = await withClient(command, (client) => client.plugins.list());
  if (flags.output === "json") {
    const { toJson } = await import("../json/protojson.js");
    return print(toJson("guidestar.ListPluginsResponse", { plugins }));
  }
  const { pluginColumns } = await import("./plugin/columns.js");
  if (plugins.length === 0) say("there are no plugins: events pass as they are");
  await showTable(pluginColumns, plugins);
}
