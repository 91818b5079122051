/** `guidestar plugin poison`: the events that made a plugin fail. */
import type { Command } from "commander";
import { withClient } from "./globals.js";
import { print, say } from "./output.js";

export function register(plugin: Command): void {
  plugin
    .command("poison")
    .summary("print the events that made a plugin fail")
    .description(
      "Prints the last events on which a plugin failed, each by itself, as 'getevents -o json' does; what it did goes to standard error. They are kept across versions and restarts.",
    )
    .argument("<name>", "as 'plugin list' shows it")
    .addHelpText(
      "after",
      "\nExamples:\n  guidestar plugin poison quiet > quiet/test/poison.json && guidestar plugin test quiet\n  guidestar plugin test quiet --poison    # the same at once",
    )
    .action(poison);
}

async function poison(name: string, _flags: object, command: Command): Promise<void> {
  const shown = await withClient(command, ({ plugins }) => plugins.get(name));
  const { poisonLines } = await import("./plugin/poison.js");
  const lines = await poisonLines(shown.poison);
  if (lines.length === 0) return say(`no event is kept that made ${name} fail`);
  await print(lines.join("\n"));
}
