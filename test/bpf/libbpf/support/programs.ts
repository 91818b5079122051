import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const outDir = join(here, "../programs");

/**
 * Path of the compiled test program `programs/NAME.bpf.c`: compiled with clang when its source has
 * changed, or, on a machine without clang, as the build compiled it.
 */
export function program(name: string): string {
  const source = join(sourceRoot(), "test/bpf/libbpf/programs", `${name}.bpf.c`);
  const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 12);
  const object = join(outDir, `${name}.${hash}.bpf.o`);
  if (existsSync(object)) return object;
  mkdirSync(outDir, { recursive: true });
  const partial = `${object}.${process.pid}`;
  const built = join(outDir, `${name}.bpf.o`);
  if (!hasClang() && existsSync(built)) return built;
  compile(source, partial);
  renameSync(partial, object);
  return object;
}

/** Compiles eBPF C with clang. */
export function compile(source: string, object: string): void {
  const options = ["-O2", "-g", "-target", "bpf", "-Wall", "-Werror"];
  const include = `/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  const args = [...options, "-I", include, "-c", source, "-o", object];
  const { status, stderr, error } = spawnSync("clang", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`clang cannot compile ${source}: ${error?.message ?? stderr}`);
}

function hasClang(): boolean {
  return spawnSync("clang", ["--version"]).status === 0;
}

/** Folder of the project's sources. */
export function sourceRoot(): string {
  let at = here;
  while (!existsSync(join(at, "package.json"))) {
    if (at === dirname(at)) throw new Error(`no package.json above ${here}`);
    at = dirname(at);
  }
  return at;
}
