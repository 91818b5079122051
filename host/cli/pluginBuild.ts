/** `guidestar plugin build`: compiles a plugin's folder into one file that can be pushed. */
import path from "node:path";
import type { Command } from "commander";
import { print } from "./output.js";

interface Flags {
  readonly out?: string;
  readonly watch?: boolean;
}

export function register(plugin: Command): void {
  plugin
    .command("build")
    .summary("compile a plugin")
    .description(
      "Compiles the index.ts (AssemblyScript) and the manifest.json of a folder into one module, and checks it as an upload would be checked.",
    )
    .argument("<folder>", "the plugin's folder")
    .option("--out <file>", "where the module goes (default: FOLDER/build/NAME.wasm)")
    .option("--watch", "build again whenever a source is saved")
    .addHelpText("after", help)
    .action(build);
}

const help = `
Needs no daemon and no root.

Examples:
  guidestar plugin build my-filter && guidestar plugin push my-filter
  guidestar plugin build my-filter --out filter.wasm`;

async function build(folder: string, { out, watch }: Flags): Promise<void> {
  if (!watch) return buildOnce(folder, out);
  const { whenSaved } = await import("./plugin/watch.js");
  await whenSaved(folder, () => buildOnce(folder, out));
}

async function buildOnce(folder: string, out: string | undefined): Promise<void> {
  const { buildFolder } = await import("./plugin/buildFolder.js");
  const { bytesText } = await import("./text/units.js");
  const built = await buildFolder(folder, out);
  const { name: title, version } = built.manifest;
  const file = path.relative(".", built.path);
  await print(`built ${title} ${version}, ${bytesText(built.bytes.length)}: ${file}`);
}
