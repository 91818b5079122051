/** `guidestar plugin logs`. */
import type { Command } from "commander";
import { toNumber } from "../api/numbers.js";
import { withClient } from "./globals.js";
import { interruption } from "./interrupt.js";
import { LineWriter, say } from "./output.js";
import { wholeNumber } from "./pipelineOptions.js";
import { jsonOption, type ShowFlags } from "./show.js";

interface Flags extends ShowFlags {
  readonly follow?: boolean;
  readonly tail: string;
}

export function register(plugin: Command): void {
  plugin
    .command("logs")
    .summary("print what plugins log")
    .description(
      "Prints the last lines of a plugin's log, or of all: what it said itself, and what the host has to say of it.",
    )
    .argument("[name]", "as 'plugin list' shows it; default: all")
    .option("-f, --follow", "go on with what comes")
    .option("--tail <lines>", "how many of the last lines", "200")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExamples:\n  guidestar plugin logs quiet\n  guidestar plugin logs -f --tail 1",
    )
    .action(logs);
}

async function logs(name: string | undefined, flags: Flags, command: Command): Promise<void> {
  const request = {
    name: name ?? "",
    follow: flags.follow ?? false,
    tail: wholeNumber(flags.tail, "--tail"),
  };
  const { toJson } = await import("../json/protojson.js");
  const { printable } = await import("./text/printable.js");
  const { timeText } = await import("./plugin/time.js");
  const out = new LineWriter(process.stdout);
  const stopped = interruption();
  await withClient(command, async ({ plugins, close }) => {
    stopped.addEventListener("abort", close, { once: true });
    try {
      for await (const line of plugins.logs(request)) {
        const lost = toNumber(line.lost);
        if (lost > 0) say(`${lost} lines were lost: this client read too slowly`);
        const { plugin, time, level, text } = line;
        out.line(
          flags.output === "json"
            ? toJson("guidestar.PluginLogLine", line)
            : `${timeText(time)} ${level.padEnd(7)} ${printable(plugin)}: ${printable(text)}`,
        );
      }
    } catch (error) {
      if (!stopped.aborted) throw error;
    }
  });
  await out.drained();
}
