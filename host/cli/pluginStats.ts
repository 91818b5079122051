/** `guidestar plugin stats`: what plugins did and cost. */
import type { Command } from "commander";
import { withClient } from "./globals.js";
import { print, say } from "./output.js";
import { jsonOption, type ShowFlags, showTable } from "./show.js";

export function register(plugin: Command): void {
  plugin
    .command("stats")
    .summary("what plugins did and what they cost")
    .description(
      "Shows for each plugin, since its version became active: events seen, kept, dropped, annotated, filled in, emitted, failed and withheld, findings, fuel and time. seen = kept + dropped + failed; withheld are those of the failed that did not pass.",
    )
    .argument("[names...]", "as 'plugin list' shows them; default: all")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guidestar plugin stats")
    .action(stats);
}

async function stats(names: readonly string[], flags: ShowFlags, command: Command): Promise<void> {
  const plugins = await withClient(command, async (client) => {
    if (names.length === 0) return client.plugins.list();
    return Promise.all(names.map(async (name) => (await client.plugins.get(name)).plugin ?? {}));
  });
  if (flags.output === "json") {
    const { toJson } = await import("../json/protojson.js");
    return print(toJson("guidestar.ListPluginsResponse", { plugins: [...plugins] }));
  }
  const { statsColumns } = await import("./plugin/columns.js");
  if (plugins.length === 0) say("there are no plugins: events pass as they are");
  await showTable(statsColumns, plugins);
}
