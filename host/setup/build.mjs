/**
 * The build. Each part runs only if what it reads has changed since it last succeeded; `dist/` holds
 * the results and the notes on what they were made from, so deleting it builds everything anew.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { compileAll, findCSources } from "./compileC.mjs";
import { BuildNotes, fileHash, filesUnder } from "./inputs.mjs";
import { installNpmPackages } from "./npm.mjs";
import { pruneStaleOutput } from "./stale.mjs";
import { mustRun, root, StepFailure, Steps } from "./steps.mjs";

/** `tests`: also what only tests need (the small C programs that they trace). */
export async function build(steps, { tests }) {
  const notes = new BuildNotes(path.join(root, "dist/.build.json"));
  await codecs(steps, notes);
  await typescript(steps, notes);
  await compileAll(steps, notes, findCSources({ tests }));
  await examplePlugins(steps, notes);
}

async function codecs(steps, notes) {
  const generator = path.join(root, "proto/generate.mjs");
  if (!existsSync(generator)) return steps.note("proto/generate.mjs is not there: no codecs made");
  const inputs = fileHash([...filesUnder("proto", /\.(proto|mjs)$/), "package-lock.json"]);
  if (notes.same("codecs", inputs) && existsSync(path.join(root, "proto/generated"))) return;
  await steps.run("protobuf codecs", "", () =>
    mustRun(process.execPath, [generator]).then(() => ""),
  );
  notes.set("codecs", inputs);
}

async function typescript(steps, notes) {
  const inputs = fileHash([
    ...["host", "bpf", "plugins/sdk", "test"].flatMap((folder) => filesUnder(folder, /\.ts$/)),
    ...filesUnder("proto/generated", /\.(js|ts)$/),
    "tsconfig.json",
    "package-lock.json",
  ]);
  if (notes.same("typescript", inputs) && existsSync(path.join(root, "dist/host"))) return;
  await steps.run("TypeScript", "", async () => {
    pruneStaleOutput(path.join(root, "dist"));
    await mustRun(process.execPath, [
      path.join(root, "node_modules/typescript/bin/tsc"),
      "-p",
      ".",
    ]);
    return "";
  });
  notes.set("typescript", inputs);
}

async function examplePlugins(steps, notes) {
  const builder = path.join(root, "dist/host/plugins/buildExamples.js");
  if (!existsSync(builder)) return steps.note("no host/plugins/buildExamples.ts: no plugins built");
  const inputs = fileHash([
    ...filesUnder("plugins", /./),
    ...filesUnder("host/plugins", /\.ts$/),
    "package-lock.json",
  ]);
  if (notes.same("plugins", inputs) && existsSync(path.join(root, "dist/plugins/examples"))) return;
  await steps.run("example plugins", "", () => mustRun(process.execPath, [builder]).then(() => ""));
  notes.set("plugins", inputs);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const steps = new Steps();
  try {
    await installNpmPackages(steps);
    await build(steps, { tests: !process.argv.includes("--without-tests") });
    steps.finish();
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}
