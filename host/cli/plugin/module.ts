/** Finds the module that a path means and reads it. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { GuidestarError } from "../../errors.js";
import { UsageError } from "../exit.js";
import { say } from "../output.js";

export interface Module {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Of the file beside it, FILE.sig; empty: there is none. */
  readonly signature: Uint8Array;
}

/**
 * Of a file, or of a folder: the only .wasm file in it or in its build/, or release.wasm. One that is
 * older than the sources beside it is read all the same, and said to be.
 */
export function readModule(target: string): Module {
  const isFolder = reading(target, () => statSync(target)).isDirectory();
  const file = isFolder ? moduleIn(target) : target;
  const bytes = reading(file, () => readFileSync(file));
  if (!bytes.subarray(0, 4).equals(wasmMagic)) {
    const hint = /\.ts$/.test(file) ? ": build it first" : "";
    throw new UsageError(`${file} is no WebAssembly module${hint}`);
  }
  if (isFolder) tellIfStale(target, file);
  return { file, bytes, signature: signatureBeside(file) };
}

function signatureBeside(file: string): Uint8Array {
  const beside = `${file}.sig`;
  if (!existsSync(beside)) return Buffer.alloc(0);
  return Buffer.from(
    reading(beside, () => readFileSync(beside, "utf8")),
    "base64",
  );
}

const wasmMagic = Buffer.from("\0asm", "latin1");

function moduleIn(target: string): string {
  const found = [...modulesIn(path.join(target, "build")), ...modulesIn(target)];
  const chosen = found.find((file) => path.basename(file) === "release.wasm") ?? found[0];
  if (chosen === undefined) {
    throw new UsageError(
      `there is no .wasm file in ${target} or its build/: build it with 'guidestar plugin build ${target}'`,
    );
  }
  if (found.length > 1 && path.basename(chosen) !== "release.wasm") {
    throw new UsageError(`${target} has several .wasm files, name one: ${found.join(", ")}`);
  }
  return chosen;
}

function tellIfStale(folder: string, file: string): void {
  const builtMs = statSync(file).mtimeMs;
  for (const name of ["index.ts", "manifest.json"]) {
    const source = path.join(folder, name);
    const sourceMs = statSync(source, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (sourceMs > builtMs) say(`${file} is older than ${source}: build it again?`);
  }
}

function modulesIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".wasm"));
    return names.sort().map((name) => path.join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw GuidestarError.from(error);
  }
}

function reading<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such file" : message;
    throw new UsageError(`cannot read ${file}: ${reason}`, { cause: error });
  }
}
