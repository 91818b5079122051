/** Builds the sample plugins: every target of `asconfig.json`, from the folder of its name. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { buildPlugin, projectFolder } from "./build.js";

interface Targets {
  readonly targets: Readonly<Record<string, { readonly outFile: string }>>;
}

const { targets }: Targets = JSON.parse(
  await readFile(join(projectFolder, "asconfig.json"), "utf8"),
);
for (const [name, { outFile }] of Object.entries(targets)) {
  const folder = join(projectFolder, "plugins/examples", name);
  const built = await buildPlugin({
    entry: join(folder, "index.ts"),
    manifest: join(folder, "manifest.json"),
    out: resolve(projectFolder, outFile),
  });
  if (built.warnings !== "") process.stderr.write(`${built.warnings}\n`);
  process.stdout.write(`${outFile} ${built.bytes.length} bytes\n`);
}
