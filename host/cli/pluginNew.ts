/** `guidestar plugin new`: a folder with a plugin that builds and whose tests pass. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { UsageError } from "./exit.js";
import { print } from "./output.js";

export function register(plugin: Command): void {
  plugin
    .command("new")
    .summary("begin a plugin")
    .description(
      "Makes a folder with a plugin that works: source, manifest, a test case, README. Build, test and push it, then make it yours.",
    )
    .argument("<name>", "name of the plugin, or a path that ends in it")
    .addHelpText("after", help)
    .action(create);
}

const help = `
Needs no daemon, no root and no network.

Examples:
  guidestar plugin new quiet-tools
  guidestar plugin test quiet-tools
  guidestar plugin build quiet-tools && guidestar plugin push quiet-tools`;

async function create(target: string): Promise<void> {
  const { checkName } = await import("../plugins/manifest.js");
  const { templateFiles } = await import("./plugin/template.js");
  const folder = path.resolve(target);
  const name = checkName(path.basename(folder), "the plugin's name");
  try {
    mkdirSync(path.dirname(folder), { recursive: true });
    mkdirSync(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EEXIST" ? "it is there already" : message;
    throw new UsageError(`cannot make the folder ${target}: ${why}`, { cause: error });
  }
  const files = templateFiles(name, folder);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), content);
  }
  const shown = path.relative(".", folder) || ".";
  await print(
    `made ${shown}: ${Object.keys(files).join(", ")}\nnext: guidestar plugin test ${shown}`,
  );
}
