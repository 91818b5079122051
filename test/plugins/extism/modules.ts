/** Extism plugins of tests, built from their sources by toolchains that know nothing of one another. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import asc from "assemblyscript/asc";
import { projectFolder, withManifest } from "../../../host/plugins/build.js";
import { parseManifest } from "../../../host/plugins/manifest.js";

const folder = join(projectFolder, "test/plugins/extism");
const built = new Map<string, Uint8Array>();

/** `noise-as`, `noise-c` or `noise-protobuf`, as `plugin build --module` makes it a plugin. */
export async function extismModule(name: string, more: object = {}): Promise<Uint8Array> {
  const module = built.get(name) ?? (name === "noise-as" ? await fromScript(name) : fromC(name));
  built.set(name, module);
  const manifest = { name: "noise", version: "1.0.0", description: "", ...more };
  return withManifest(module, parseManifest(JSON.stringify(manifest), "test"));
}

/** With Debian's clang and lld: no kit, no C library. */
function fromC(name: string): Uint8Array {
  const scratch = mkdtempSync(join(tmpdir(), "guidestar-test-"));
  try {
    const out = join(scratch, `${name}.wasm`);
    const source = join(folder, name === "noise-c" ? "noise.c" : `${name}.c`);
    const flags = ["-O2", "-Wall", "-Werror", "-nostdlib", "-ffreestanding", "-fno-builtin"];
    execFileSync("clang", ["--target=wasm32", ...flags, "-Wl,--no-entry", "-o", out, source]);
    return readFileSync(out);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** With AssemblyScript and Extism's own kit for it. */
async function fromScript(name: string): Promise<Uint8Array> {
  let module: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [`test/plugins/extism/${name}/index.ts`, "--baseDir", projectFolder].concat(
      ...["-O3", "--runtime", "incremental", "--outFile", "plugin.wasm", "--noColors"],
    ),
    {
      writeFile: (_, contents) => {
        module = contents as Uint8Array;
      },
    },
  );
  if (error || !module) throw new Error(`${name} does not compile: ${error} ${stderr}`);
  return module;
}
