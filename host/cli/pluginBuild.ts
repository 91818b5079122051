/** `guidestar plugin build`: compiles a plugin's folder into one file that can be pushed. */
import path from "node:path";
import type { Command } from "commander";
import { print } from "./output.js";

interface Flags {
  readonly out?: string;
  readonly module?: string;
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
    .option("--module <file>", "a module that another toolchain made, such as an Extism plugin")
    .option("--watch", "build again whenever a source is saved")
    .addHelpText("after", help)
    .action(build);
}

const help = `
Needs no daemon and no root.

Examples:
  guidestar plugin build my-filter && guidestar plugin push my-filter
  guidestar plugin build my-filter --out filter.wasm`;

async function build(folder: string, flags: Flags): Promise<void> {
  if (!flags.watch) return buildOnce(folder, flags);
  const { whenSaved } = await import("./plugin/watch.js");
  await whenSaved(folder, () => buildOnce(folder, flags));
}

async function buildOnce(folder: string, { out, module }: Flags): Promise<void> {
  const { buildFolder } = await import("./plugin/buildFolder.js");
  const { bytesText } = await import("./text/units.js");
  const built = await buildFolder(folder, out, module);
  const { name: title, version } = built.manifest;
  const file = path.relative(".", built.path);
  await print(`built ${title} ${version}, ${bytesText(built.bytes.length)}: ${file}`);
}
