/** `guidestar plugin show`: all that is known of one plugin. */
import type { Command } from "commander";
import type { guidestar } from "../../proto/generated/api.js";
import { withClient } from "./globals.js";
import { print } from "./output.js";
import { jsonOption, type ShowFlags } from "./show.js";

export function register(plugin: Command): void {
  plugin
    .command("show")
    .summary("show one plugin: versions, settings, counts, shadow, poison")
    .description(
      "Shows a plugin: its mode, settings and counts, the versions that are stored, how its shadow differs, and the last events that made it fail.",
    )
    .argument("<name>", "as 'plugin list' shows it")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExamples:\n  guidestar plugin show quiet\n  guidestar plugin show quiet -o json | jq .plugin.shadow.differences",
    )
    .action(show);
}

async function show(name: string, flags: ShowFlags, command: Command): Promise<void> {
  const shown = await withClient(command, ({ plugins }) => plugins.get(name));
  if (flags.output === "json") {
    const { toJson } = await import("../json/protojson.js");
    return print(toJson("guidestar.GetPluginResponse", shown));
  }
  await print((await textOf(shown)).join("\n"));
}

async function textOf({
  plugin,
  versions,
  poison,
}: guidestar.GetPluginResponse): Promise<string[]> {
  const { countsText, modeText, pluginTitle, shortVersion } = await import("./plugin/columns.js");
  const { shadowText } = await import("./plugin/shadowText.js");
  const { bytesText } = await import("./text/units.js");
  const { printable } = await import("./text/printable.js");
  const { timeText } = await import("./plugin/time.js");
  const { toNumber } = await import("../api/numbers.js");
  const one = plugin ?? {};
  const lines = [pluginTitle(one)];
  if (one.description) lines.push(`  ${printable(one.description)}`);
  lines.push(`Mode:      ${modeText(one)}`);
  if (one.failure) lines.push(`Failure:   ${printable(one.failure)}`);
  lines.push(`Settings:  ${printable(one.settings || "none")}`);
  lines.push(`Since:     event ${one.first_sequence}; it ${countsText(one.counts)}`);
  if (one.shadow) lines.push(...shadowText(one.shadow));
  lines.push("Versions:");
  for (const version of versions) {
    const { version: hash, manifest_version, size, uploaded, signed_by } = version;
    const isActive = hash === one.version ? ", active" : "";
    const isShadow = hash === one.shadow?.version ? ", shadow" : "";
    const signed = signed_by ? `, signed by ${printable(signed_by)}` : "";
    lines.push(
      `  ${shortVersion(hash)}  ${printable(manifest_version ?? "")}, ${bytesText(toNumber(size))}, ${timeText(uploaded)}${isActive}${isShadow}${signed}`,
    );
  }
  if (poison.length > 0) lines.push("Events that made it fail:");
  for (const { sequence, time, reason } of poison) {
    lines.push(`  ${sequence}  ${timeText(time)}  ${printable(reason ?? "")}`);
  }
  return lines;
}
