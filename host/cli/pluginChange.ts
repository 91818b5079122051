/** `guidestar plugin mode|settings|order|rollback`: changes of plugins that are there. */
import { readFileSync } from "node:fs";
import { Argument, type Command } from "commander";
import type { guidestar } from "../../proto/generated/api.js";
import { UsageError } from "./exit.js";
import { withClient } from "./globals.js";
import { print } from "./output.js";
import { jsonOption, type ShowFlags } from "./show.js";

/** Numbers of `guidestar.PluginMode`: the codecs are not loaded to describe a command. */
const modes = { enforce: 1, monitor: 2, disabled: 3, shadow: 4 } as const;

type ModeName = keyof typeof modes;

export function register(plugin: Command): void {
  plugin
    .command("mode")
    .summary("enforce, monitor, disable or shadow")
    .description(
      "Changes what becomes of what a plugin says: done (enforce), only counted (monitor), not even asked for (disabled). shadow runs a stored version beside the active one and compares them. A plugin that is quarantined begins anew.",
    )
    .argument("<name>", "as 'plugin list' shows it")
    .addArgument(new Argument("<mode>").choices(Object.keys(modes)))
    .argument(
      "[version]",
      "for shadow: a stored version, by its hash or the version in its manifest",
    )
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExamples:\n  guidestar plugin mode quiet monitor\n  guidestar plugin push quiet-2.wasm --mode shadow && guidestar plugin show quiet",
    )
    .action(mode);
  plugin
    .command("settings")
    .summary("show or change the settings of a plugin")
    .description(
      "Prints the settings of a plugin, or changes them while events flow. What is not given takes its default.",
    )
    .argument("<name>", "as 'plugin list' shows it")
    .argument("[settings]", "a JSON object, or @FILE")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `\nExamples:\n  guidestar plugin settings quiet\n  guidestar plugin settings quiet '{"level": 2}'\n  guidestar plugin settings quiet @quiet.json`,
    )
    .action(settings);
  plugin
    .command("order")
    .summary("change the order of the plugins")
    .description(
      "Puts plugins first in the chain, in this order; the others stay behind them as they were.",
    )
    .argument("<names...>", "as 'plugin list' shows them")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guidestar plugin order redact quiet")
    .action(order);
  plugin
    .command("rollback")
    .summary("go back to another stored version")
    .description(
      "Makes a stored version the active one: the one that was in use before, or the one that is named.",
    )
    .argument("<name>", "as 'plugin list' shows it")
    .argument("[version]", "a hash or its first digits, or the version in its manifest")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExamples:\n  guidestar plugin rollback quiet\n  guidestar plugin rollback quiet 3f2a9c",
    )
    .action(rollback);
}

/** The number of a mode in the API. @throws UsageError naming the option */
export function modeNumber(name: string): guidestar.PluginMode {
  if (Object.hasOwn(modes, name)) return modes[name as ModeName];
  throw new UsageError(`--mode takes ${Object.keys(modes).join(", ")}, not ${name}`);
}

async function mode(
  name: string,
  wanted: ModeName,
  version: string | undefined,
  flags: ShowFlags,
  command: Command,
): Promise<void> {
  if (wanted === "shadow" && version === undefined)
    throw new UsageError("plugin mode NAME shadow needs a version: 'plugin show NAME' has them");
  const changed = await withClient(command, ({ plugins }) =>
    plugins.setMode(name, modes[wanted], version),
  );
  const what = wanted === "shadow" ? `runs ${version} as a shadow` : `is in mode ${wanted}`;
  await tell(changed, flags, (title) => `${title} ${what}`);
}

async function settings(
  name: string,
  text: string | undefined,
  flags: ShowFlags,
  command: Command,
): Promise<void> {
  if (text === undefined) {
    const { plugin } = await withClient(command, ({ plugins }) => plugins.get(name));
    return print(plugin?.settings || "{}");
  }
  const json = text.startsWith("@") ? read(text.slice(1)) : text;
  const changed = await withClient(command, ({ plugins }) => plugins.setSettings(name, json));
  await tell(changed, flags, (title) => `${title} has new settings`);
}

async function order(names: readonly string[], flags: ShowFlags, command: Command): Promise<void> {
  const changed = await withClient(command, ({ plugins }) => plugins.setOrder(names));
  if (flags.output === "json") {
    const { toJson } = await import("../json/protojson.js");
    return print(toJson("guidestar.SetPluginOrderResponse", changed));
  }
  await print(`${changed.names.join(" → ")}, from event ${changed.first_sequence} on`);
}

async function rollback(
  name: string,
  version: string | undefined,
  flags: ShowFlags,
  command: Command,
): Promise<void> {
  const changed = await withClient(command, ({ plugins }) => plugins.rollback(name, version));
  const { shortVersion } = await import("./plugin/columns.js");
  await tell(
    changed,
    flags,
    (title) => `${title} is active again, in place of ${shortVersion(changed.replaced_version)}`,
  );
}

async function tell(
  changed: guidestar.ChangePluginResponse,
  flags: ShowFlags,
  text: (title: string) => string,
): Promise<void> {
  if (flags.output === "json") {
    const { toJson } = await import("../json/protojson.js");
    return print(toJson("guidestar.ChangePluginResponse", changed));
  }
  const { pluginTitle } = await import("./plugin/columns.js");
  await print(
    `${text(pluginTitle(changed.plugin ?? {}))}, from event ${changed.first_sequence} on`,
  );
}

function read(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}
