/** `guidestar plugin push`: uploads a module. */
import type { Command } from "commander";
import type { guidestar } from "../../proto/generated/api.js";
import { UsageError } from "./exit.js";
import { withClient } from "./globals.js";
import { print } from "./output.js";
import { modeNumber } from "./pluginChange.js";
import { jsonOption, type ShowFlags } from "./show.js";

interface Flags extends ShowFlags {
  readonly name?: string;
  readonly mode?: string;
  readonly gate?: boolean;
  readonly maxDropped?: string;
  readonly maxFailed?: string;
  readonly settings?: string;
  readonly watch?: boolean;
}

export function register(plugin: Command): void {
  plugin
    .command("push")
    .summary("upload a plugin")
    .description(
      "Uploads a plugin and makes it active while events flow. One that has the same name is replaced: each event is seen by exactly one of the two.",
    )
    .argument("<path>", "a .wasm file, or a folder that was built")
    .option("--name <name>", "name to register it under (default: the one in its manifest)")
    .option("--mode <mode>", "enforce, monitor, disabled, or shadow: beside the active version")
    .option("--gate", "try it on the last events first, and tell what it said")
    .option("--max-dropped <percent>", "refuse it if it drops more of them; implies --gate")
    .option("--max-failed <events>", "refuse it if it fails on more of them; implies --gate")
    .option("--settings <json>", "its settings (default: those of the version before)")
    .option("--watch", "build and upload again whenever a source in the folder is saved")
    .addOption(jsonOption())
    .addHelpText("after", help)
    .action(push);
}

const help = `
In a folder, the module is the only .wasm file in it or in its build/ folder, or release.wasm.

Examples:
  guidestar plugin build my-filter && guidestar plugin push my-filter
  guidestar plugin push dist/plugins/examples/server-shell.wasm
  guidestar plugin push filter.wasm --name filter-canary`;

async function push(path: string, flags: Flags, command: Command): Promise<void> {
  if (!flags.watch) return pushOnce(path, flags, command);
  const { whenSaved } = await import("./plugin/watch.js");
  const { buildFolder } = await import("./plugin/buildFolder.js");
  await whenSaved(path, async () => {
    await buildFolder(path);
    await pushOnce(path, flags, command);
  });
}

async function pushOnce(path: string, flags: Flags, command: Command): Promise<void> {
  const { readModule } = await import("./plugin/module.js");
  const module = readModule(path);
  const header = {
    name: flags.name ?? "",
    settings: flags.settings ?? "",
    signature: module.signature,
    gate: gateOf(flags),
    mode: flags.mode === undefined ? 0 : modeNumber(flags.mode),
  };
  const response = await withClient(command, ({ plugins }) => plugins.upload(module.bytes, header));
  if (flags.output === "json") {
    const { toJson } = await import("../json/protojson.js");
    return print(toJson("guidestar.UploadPluginResponse", response));
  }
  const { countsText, pluginTitle, shortVersion } = await import("./plugin/columns.js");
  const { bytesText } = await import("./text/units.js");
  const shadow = response.plugin?.shadow;
  if (flags.mode === "shadow" && shadow) {
    const active = pluginTitle(response.plugin ?? {});
    return print(
      `pushed ${shortVersion(shadow.version)} as the shadow of ${active}, from event ${shadow.first_sequence} on`,
    );
  }
  const title = pluginTitle(response.plugin ?? {});
  const tried = response.rehearsal;
  const lines = [
    ...(tried ? [`of the last ${tried.events} events it ${countsText(tried.counts)}`] : []),
    `pushed ${title}, ${bytesText(module.bytes.length)}; the first event it sees is number ${response.first_sequence}`,
  ];
  if (response.replaced_version === response.plugin?.version) {
    lines.push("it replaces the same version");
  } else if (response.replaced_version) {
    lines.push(`it replaces ${shortVersion(response.replaced_version)}`);
  }
  await print(lines.join("\n"));
}

/** null: no gate. */
function gateOf({ gate, maxDropped, maxFailed }: Flags): guidestar.PluginGate.$Properties | null {
  if (!gate && maxDropped === undefined && maxFailed === undefined) return null;
  return {
    ...(maxDropped !== undefined && {
      max_dropped_percent: quantity(maxDropped, "--max-dropped", 100),
    }),
    ...(maxFailed !== undefined && { max_failed: quantity(maxFailed, "--max-failed", 1e9) }),
  };
}

function quantity(text: string, option: string, most: number): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (number <= most) return number;
  throw new UsageError(`${option} takes a number from 0 to ${most}, not ${text}`);
}
