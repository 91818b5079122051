/**
 * Generates the codecs from the .proto files and puts what a running program needs under dist/.
 * `node proto/generate.mjs`; `--force` generates even if nothing changed. See README.md here.
 */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { descriptorSet } from "./descriptors.mjs";

const require = createRequire(import.meta.url);
const sourceDir = fileURLToPath(new URL(".", import.meta.url));
const generatedDir = join(sourceDir, "generated");
const distDir = fileURLToPath(new URL("../dist/proto", import.meta.url));
const outputs = ["api.js", "api.d.ts", "api.binpb"];

const protoFiles = (await readdir(sourceDir)).filter((name) => name.endsWith(".proto")).sort();
const stamp = await inputHash();
const isNeeded = process.argv.includes("--force") || !(await isUpToDate());
if (isNeeded) await generate();
await publish();
console.log(isNeeded ? "proto: codecs generated" : "proto: codecs are up to date");

/** Changes whenever the output could: with the .proto files, this script and the generator. */
async function inputHash() {
  const hash = createHash("sha256");
  for (const name of [...protoFiles, "generate.mjs", "descriptors.mjs"]) {
    hash.update(`${name}\0`).update(await readFile(join(sourceDir, name)));
  }
  for (const name of ["protobufjs", "protobufjs-cli"]) {
    hash.update(`${name}@${require(`${name}/package.json`).version}\0`);
  }
  return hash.digest("hex");
}

async function isUpToDate() {
  try {
    for (const name of outputs) await readFile(join(generatedDir, name));
    return (await readFile(join(generatedDir, "stamp"), "utf8")) === stamp;
  } catch {
    return false;
  }
}

async function generate() {
  const pbjs = promisify(require("protobufjs-cli/pbjs").main);
  await mkdir(generatedDir, { recursive: true });
  // Built aside and moved into place, so that an interrupted run leaves no half-written codec.
  const buildDir = await mkdtemp(join(generatedDir, "build-"));
  try {
    const common = ["--target", "static-module", "--wrap", "esm", "--keep-case"];
    const lean = ["--root", "guidestar", "--no-verify", "--no-delimited", "--no-service"];
    const paths = ["--path", sourceDir, ...protoFiles.map((name) => join(sourceDir, name))];
    // Types come from the comments, which double the size of the code: hence two runs.
    const typed = join(buildDir, "typed.js");
    await pbjs([...common, ...lean, "--dts", "--out", typed, ...paths]);
    const code = join(buildDir, "api.js");
    await pbjs([...common, ...lean, "--no-comments", "--out", code, ...paths]);
    const types = join(buildDir, "api.binpb");
    await writeFile(types, descriptorSet(sourceDir, "fgs.proto"));
    await rename(code, join(generatedDir, "api.js"));
    await rename(types, join(generatedDir, "api.binpb"));
    await rename(join(buildDir, "typed.d.ts"), join(generatedDir, "api.d.ts"));
    await writeFile(join(generatedDir, "stamp"), stamp);
  } finally {
    await rm(buildDir, { recursive: true, force: true });
  }
}

/** tsc copies neither .js nor .proto files: the codec and the files that reflection serves. */
async function publish() {
  await mkdir(join(distDir, "generated"), { recursive: true });
  for (const name of outputs) {
    await copyIfChanged(join(generatedDir, name), join(distDir, "generated", name));
  }
  for (const name of protoFiles) await copyIfChanged(join(sourceDir, name), join(distDir, name));
}

/** In one step, so that a program that starts meanwhile never reads half a file. */
async function copyIfChanged(from, to) {
  const bytes = await readFile(from);
  const present = await readFile(to).catch(() => undefined);
  if (present?.equals(bytes)) return;
  await writeFile(`${to}.${process.pid}`, bytes);
  await rename(`${to}.${process.pid}`, to);
}
