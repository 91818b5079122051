// The C sources, by where they are:
//   bpf/**/x.bpf.c and test/**/programs/x.bpf.c   an eBPF object, dist/.../x.bpf.o
//   test/**/workloads/x.c                         a static program, dist/.../workloads/x
import { existsSync, mkdirSync, realpathSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import { guestPackage } from "./guestPackages.mjs";
import { fileHash, filesUnder } from "./inputs.mjs";
import { architectures } from "./machine.mjs";
import { findCommand, includeFolders } from "./needs.mjs";
import { command, root, StepFailure } from "./steps.mjs";

const jobs = 2;

/** Each `{ source, output, args, libraries? }`, paths relative to the repository. */
export function findCSources({ tests }) {
  const folders = tests ? ["bpf", "test"] : ["bpf"];
  const programs = folders
    .flatMap((folder) => filesUnder(folder, /\.bpf\.c$/))
    .filter((file) => file.startsWith("bpf/") || path.dirname(file).endsWith("/programs"))
    .map((source) => ({
      source,
      output: path.join("dist", source.replace(/\.c$/, ".o")),
      args: bpfArguments(path.dirname(source)),
    }));
  const workloads = (tests ? filesUnder("test", /\/workloads\/[^/]+\.c$/) : [])
    .filter((file) => !file.endsWith(".bpf.c"))
    .map((source) => ({
      source,
      output: path.join("dist", source.replace(/\.c$/, "")),
      args: ["-O1", "-static", "-pthread", "-Wall", "-Werror"],
    }));
  return [...programs, ...workloads, ...(tests ? muslWorkloads() : [])];
}

/**
 * With another C library, which was unpacked for the guest; none if there is none. Linked by hand: no
 * compiler here knows it.
 */
function muslWorkloads() {
  const folder = guestPackage("musl-dev");
  if (folder === undefined) return [];
  const name = architectures[process.arch].multiarch.replace("gnu", "musl");
  const library = path.join(folder, "usr/lib", name);
  const object = (file) => path.join(library, file);
  return filesUnder("test", /\/workloads\/musl\/[^/]+\.c$/).map((source) => ({
    source,
    output: path.join("dist", source.replace(/\.c$/, "")),
    args: [
      ...[
        "-O1",
        "-Wall",
        "-Werror",
        "-nostdinc",
        "-isystem",
        path.join(folder, "usr/include", name),
      ],
      ...["-static", "-nostdlib", object("crt1.o"), object("crti.o")],
    ],
    libraries: [object("libc.a"), object("crtn.o")],
  }));
}

function bpfArguments(folder) {
  const multiarch = includeFolders.find((include) => existsSync(path.join(include, "asm/types.h")));
  return [
    ...["-O2", "-g", "-target", "bpf", "-Wall", "-Werror", "-c"],
    `-D__TARGET_ARCH_${architectures[process.arch].bpfTarget}`,
    ...(multiarch ? [`-I${multiarch}`] : []),
    "-Ibpf/core",
    `-I${folder}`,
  ];
}

export async function compileAll(steps, notes, sources) {
  if (sources.length === 0) return;
  const clang = findCommand("clang");
  if (clang === undefined) throw new StepFailure("The command clang is not on this machine.");
  const { size, mtimeMs } = statSync(realpathSync(clang));
  const tools = [size, mtimeMs];
  const headers = [...filesUnder("bpf", /\.h$/), ...filesUnder("test", /\.h$/), ...libbpfHeaders()];
  const changed = sources
    .map((item) => ({
      ...item,
      inputs: fileHash([item.source, ...headers], [...item.args, tools]),
    }))
    .filter(
      ({ output, inputs }) => !notes.same(output, inputs) || !existsSync(path.join(root, output)),
    );
  if (changed.length === 0) return;
  const title = changed.every((item) => item.output.endsWith(".o"))
    ? "eBPF programs"
    : "C programs";
  const names = changed.map((item) => path.basename(item.source));
  const few = names.length <= 6 ? names.join(" ") : `${names.length} of them`;
  await steps.run(title, few, async () => {
    const failures = [];
    const queue = [...changed];
    const worker = async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
        const failure = await compile(clang, item);
        if (failure === undefined) notes.set(item.output, item.inputs);
        else failures.push(failure);
      }
    };
    await Promise.all(Array.from({ length: jobs }, worker));
    if (failures.length > 0) throw new StepFailure(failures.join("\n\n"));
    return "";
  });
}

async function compile(clang, { source, output, args, libraries = [] }) {
  const target = path.join(root, output);
  mkdirSync(path.dirname(target), { recursive: true });
  // Written aside first: a program that is running, or a build stopped halfway, does no harm.
  const partial = `${target}.${process.pid}.tmp`;
  const all = [...args, source, ...libraries, "-o", partial];
  const result = await command(clang, all);
  if (result.ok) {
    renameSync(partial, target);
    return undefined;
  }
  return `${result.output.trimEnd()}\n\nFailed (${result.status}): clang ${all.join(" ")}`;
}

function libbpfHeaders() {
  const folder = includeFolders.find((include) => existsSync(path.join(include, "bpf")));
  return folder === undefined ? [] : filesUnder(path.join(folder, "bpf"), /\.h$/, "/");
}
