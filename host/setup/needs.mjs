/**
 * What must be on the system, and how to see whether it is: by the thing itself, not by a package
 * data base, so that other distributions and hand-made installations count too.
 */
import { accessSync, constants, existsSync } from "node:fs";
import path from "node:path";
import { architectures } from "./machine.mjs";

const { multiarch } = architectures[process.arch] ?? architectures.x64;

export const includeFolders = [`/usr/include/${multiarch}`, "/usr/include", "/usr/local/include"];
const libraryFolders = [
  ...(process.env.LD_LIBRARY_PATH ?? "").split(":").filter(Boolean),
  `/usr/lib/${multiarch}`,
  `/lib/${multiarch}`,
  "/usr/lib64",
  "/lib64",
  "/usr/lib",
  "/usr/local/lib",
  "/usr/local/lib64",
];
const commandFolders = [
  ...(process.env.PATH ?? "").split(":").filter(Boolean),
  "/usr/sbin",
  "/sbin",
  "/usr/local/sbin",
];

/** Where a command is, `undefined` if it is not installed. */
export function findCommand(name) {
  return findIn(commandFolders, name, constants.X_OK);
}

/** Where a shared library is, by its file name. */
export function findLibrary(name) {
  return findIn(libraryFolders, name, constants.R_OK);
}

function findIn(folders, name, mode) {
  for (const folder of folders) {
    const file = path.join(folder, name);
    try {
      accessSync(file, mode);
      return file;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

const hasHeader = (name) => includeFolders.some((folder) => existsSync(path.join(folder, name)));

/** Each: the Debian package that brings it, the thing itself, what it is for, whether it is there. */
const build = [
  {
    package: "clang",
    thing: "the command clang",
    why: "compiles the eBPF programs",
    there: () => findCommand("clang") !== undefined,
  },
  {
    package: "libbpf-dev",
    thing: "the header bpf/bpf_helpers.h of libbpf",
    why: "compiles the eBPF programs",
    there: () => hasHeader("bpf/bpf_helpers.h") && hasHeader("bpf/bpf_core_read.h"),
  },
  {
    package: "linux-libc-dev",
    thing: "the headers linux/bpf.h and asm/types.h of the kernel",
    why: "compiles the eBPF programs",
    there: () => hasHeader("linux/bpf.h") && hasHeader("asm/types.h"),
  },
  {
    package: "libbpf1",
    thing: "the library libbpf.so.1",
    why: "loads the eBPF programs",
    there: () => findLibrary("libbpf.so.1") !== undefined,
  },
];

const browsers = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

/** Debian's packages of one version of LLVM have its number in the name; clang finds the one of its own. */
const linkerNames = ["wasm-ld", ...Array.from({ length: 20 }, (_, n) => `wasm-ld-${n + 11}`)];

const test = [
  {
    package: "libc6-dev",
    thing: "the static C library libc.a",
    why: "links the small programs that tests trace",
    there: () => findLibrary("libc.a") !== undefined && hasHeader("stdio.h"),
  },
  {
    package: "chromium-headless-shell",
    thing: "a Chromium browser",
    why: "opens the flame graphs that tests make",
    there: () => browsers.some((name) => findCommand(name) !== undefined),
  },
  {
    package: "lld",
    thing: "the linker wasm-ld",
    why: "links plugins that tests write in C",
    there: () => linkerNames.some((name) => findCommand(name) !== undefined),
  },
];

const guest = [
  {
    package: "qemu-system-x86",
    thing: "the command qemu-system-x86_64",
    why: "boots the test guest",
    there: () => findCommand("qemu-system-x86_64") !== undefined,
  },
  {
    package: "busybox-static",
    thing: "the command busybox, linked statically",
    why: "is the test guest's shell",
    there: () => findCommand("busybox") !== undefined,
  },
  {
    package: "bpftool",
    thing: "the command bpftool",
    why: "is what tests in the guest compare with",
    there: () => findCommand("bpftool") !== undefined,
  },
];

/** The guest is an x86-64 machine; elsewhere its tests are skipped, and say so. */
export const guestRunsHere = process.arch === "x64";

export const purposes = {
  run: { needs: build, tests: false, guest: false },
  "test-fast": { needs: [...build, ...test], tests: true, guest: false },
  test: {
    needs: guestRunsHere ? [...build, ...test, ...guest] : [...build, ...test],
    tests: true,
    guest: guestRunsHere,
  },
};
