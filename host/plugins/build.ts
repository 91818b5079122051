import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import asc from "assemblyscript/asc";
import { GuidestarError } from "../errors.js";
import { MANIFEST_SECTION, type Manifest, parseManifest } from "./manifest.js";
import { prepare } from "./validate.js";
import { Writer } from "./wasm/writer.js";

export interface BuildOptions {
  /** The plugin's main file: AssemblyScript that exports `onEvent`. */
  readonly entry: string;
  /** A module that another toolchain made, in place of `entry`: an Extism plugin, say. */
  readonly module?: string | undefined;
  /** Its `manifest.json`. */
  readonly manifest: string;
  /** Where the plugin goes; folders are made. */
  readonly out: string;
}

export interface BuiltPlugin {
  readonly manifest: Manifest;
  readonly path: string;
  readonly bytes: Uint8Array;
  /** What the compiler had to say though it did compile; "" if nothing. */
  readonly warnings: string;
}

/** The folder that holds `asconfig.json` and `plugins/`. */
export const projectFolder = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Compiles a plugin, puts its manifest inside, checks it as an upload would be checked, and writes it.
 * The sources may be anywhere; `guidestar` is what they import. Rejects with an INVALID_ARGUMENT
 * `GuidestarError`; if the compiler found errors, its messages follow on lines of their own.
 */
export async function buildPlugin(options: BuildOptions): Promise<BuiltPlugin> {
  const manifest = parseManifest(await read(options.manifest, "manifest"), options.manifest);
  const { module, warnings } = await moduleOf(options);
  const bytes = withManifest(module, manifest);
  await prepare(bytes);
  const path = resolve(options.out);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return { manifest, path, bytes, warnings };
}

async function moduleOf({ entry, module }: BuildOptions) {
  if (module === undefined) {
    await read(entry, "main file");
    return compile(resolve(entry));
  }
  await read(module, "module");
  return { module: await readFile(module), warnings: "" };
}

/** Appends the manifest to a module as a custom section. */
export function withManifest(module: Uint8Array, manifest: Manifest): Uint8Array {
  const content = new Writer(1024).name(MANIFEST_SECTION);
  content.raw(new TextEncoder().encode(JSON.stringify(manifest)));
  return new Writer(module.length + content.length + 16)
    .raw(module)
    .section(0, content.bytes)
    .bytes.slice();
}

async function compile(entry: string) {
  const { default: transform } = await import(
    pathToFileURL(resolve(projectFolder, "plugins/sdk/transform.js")).href
  );
  let module: Uint8Array | undefined;
  const messages: string[] = [];
  const { error } = await asc.main(
    [
      entry,
      "--baseDir",
      dirname(entry),
      "--config",
      resolve(projectFolder, "asconfig.json"),
    ].concat("--outFile", "plugin.wasm", "--noColors"),
    {
      transforms: [transform],
      stderr: { write: (chunk) => void messages.push(String(chunk)) },
      writeFile: (name, contents) => {
        if (name === "plugin.wasm") module = contents as Uint8Array;
      },
      readFile: (name, folder) => readFile(resolve(folder, name), "utf8").catch(() => null),
      listFiles: (name, folder) => listSources(resolve(folder, name)),
    },
  );
  // The compiler ends with the error itself and where in the compiler it was: of no use to an author.
  const said = messages
    .filter((message) => !message.startsWith("FAILURE"))
    .join("")
    .trim();
  if (error || !module) {
    const why = error?.message ?? "the compiler wrote no module";
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `${entry} does not compile: ${why}${said === "" ? "" : `\n${said}`}`,
      { cause: error },
    );
  }
  return { module, warnings: said };
}

async function listSources(folder: string): Promise<string[] | null> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"));
  } catch {
    return null;
  }
}

async function read(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === "ENOENT" ? "is not there" : String(error);
    throw new GuidestarError("INVALID_ARGUMENT", `the plugin's ${what} ${path} ${why}`, {
      cause: error,
    });
  }
}
