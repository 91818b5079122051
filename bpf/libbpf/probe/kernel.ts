import { readdirSync, readFileSync } from "node:fs";
import { machine, release } from "node:os";
import { lsmListModules } from "../native/libc.js";

/** Plain data. */
export interface KernelInfo {
  /** As uname tells: `6.1.0-18-amd64`. */
  readonly release: string;
  /** The numbers of the release. */
  readonly version: readonly [major: number, minor: number, patch: number];
  readonly machine: string;
}

export function kernelInfo(): KernelInfo {
  const text = release();
  const [, major, minor, patch] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return {
    release: text,
    version: [Number(major ?? 0), Number(minor ?? 0), Number(patch ?? 0)],
    machine: machine(),
  };
}

/** Kernel modules with BTF, and whether the kernel itself has it. */
export function btfInfo(): { readonly kernel: boolean; readonly modules: readonly string[] } {
  let names: string[] = [];
  try {
    names = readdirSync("/sys/kernel/btf");
  } catch {
    // No such directory: no BTF at all.
  }
  return {
    kernel: names.includes("vmlinux"),
    modules: names.filter((name) => name !== "vmlinux").sort(),
  };
}

/** Linux security modules that are active, in their order; undefined if that cannot be known. */
export function activeLsms(): readonly string[] | undefined {
  try {
    return readFileSync("/sys/kernel/security/lsm", "utf8").trim().split(",").filter(Boolean);
  } catch {
    // securityfs is not mounted. Kernels from 6.8 on can be asked.
    return lsmListModules()?.map((id) => lsmNames[id - FIRST_LSM] ?? `lsm${id}`);
  }
}

const FIRST_LSM = 100;
const lsmNames = [
  "capability",
  "selinux",
  "smack",
  "tomoyo",
  "apparmor",
  "yama",
  "loadpin",
  "safesetid",
  "lockdown",
  "bpf",
  "landlock",
  "ima",
  "evm",
  "ipe",
];
