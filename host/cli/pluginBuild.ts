/** `guidestar plugin build`: compiles a plugin's folder into one file that can be pushed. */
import path from "node:path";
import type { Command } from "commander";
import { print, say } from "./output.js";

interface Flags {
  readonly out?: string;
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
    .addHelpText("after", help)
    .action(build);
}

const help = `
Needs no daemon and no root.

Examples:
  guidestar plugin build my-filter && guidestar plugin push my-filter
  guidestar plugin build my-filter --out filter.wasm`;

async function build(folder: string, { out }: Flags): Promise<void> {
  const { buildPlugin } = await import("../plugins/build.js");
  const { bytesText } = await import("./text/units.js");
  const name = path.basename(path.resolve(folder));
  const built = await buildPlugin({
    entry: path.join(folder, "index.ts"),
    manifest: path.join(folder, "manifest.json"),
    out: out ?? path.join(folder, "build", `${name}.wasm`),
  });
  if (built.warnings !== "") say(built.warnings.trim());
  const { name: title, version } = built.manifest;
  const file = path.relative(".", built.path);
  await print(`built ${title} ${version}, ${bytesText(built.bytes.length)}: ${file}`);
}
