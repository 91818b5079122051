/** What is traced, as the user says it. */
import { statSync } from "node:fs";
import { GuidestarError } from "../errors.js";
import { readText } from "../source/procScanFiles.js";

export type Scope =
  | { readonly kind: "all" }
  | {
      readonly kind: "tree";
      /** Processes that are there already; they and their descendants are traced. */
      readonly rootPids: readonly number[];
      /**
       * The roots were started for this and only wait to exec what they are for: what they are now
       * is not shown, and their first exec shows who started them as its parent.
       */
      readonly spawned?: boolean;
    }
  /** `path`: folder of a cgroup v2; processes in it and below it are traced. */
  | { readonly kind: "cgroup"; readonly path: string };

/** Short, for status output: `all`, `tree 123`, `cgroup /sys/fs/cgroup/x`. */
export function scopeText(scope: Scope): string {
  switch (scope.kind) {
    case "all":
      return "all";
    case "tree":
      return `tree ${scope.rootPids.join(",")}`;
    case "cgroup":
      return `cgroup ${scope.path}`;
  }
}

/** Throws one clear sentence if the scope names something that isn't there. */
export function checkScope(scope: Scope): void {
  if (scope.kind === "tree") checkRoots(scope.rootPids);
  if (scope.kind === "cgroup") checkCgroup(scope.path);
}

/** Id of a cgroup v2: the inode number of its folder. */
export function cgroupIdOf(path: string): bigint {
  return statSync(path, { bigint: true }).ino;
}

function checkRoots(rootPids: readonly number[]): void {
  if (rootPids.length === 0) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      "The scope is a process tree without a root: name at least one pid.",
    );
  }
  for (const pid of rootPids) {
    if (!Number.isInteger(pid) || pid <= 0) {
      throw new GuidestarError(
        "INVALID_ARGUMENT",
        `${pid} is no process id: it must be a number from 1 up.`,
      );
    }
    const leader = leaderOf(pid);
    if (leader === undefined) {
      throw new GuidestarError("NOT_FOUND", `There is no process ${pid} to trace.`);
    }
    if (leader !== pid) {
      throw new GuidestarError(
        "INVALID_ARGUMENT",
        `${pid} is a thread of process ${leader}: name the process.`,
      );
    }
  }
}

/** Threads have folders in /proc, too. */
function leaderOf(pid: number): number | undefined {
  const leader = /^Tgid:\s*(\d+)$/m.exec(readText(`/proc/${pid}/status`) ?? "")?.[1];
  return leader === undefined ? undefined : Number(leader);
}

function checkCgroup(path: string): void {
  const advice = "name a folder of the cgroup v2 hierarchy, such as /sys/fs/cgroup/system.slice";
  try {
    if (!statSync(path).isDirectory()) throw new Error("it is no folder");
    statSync(`${path}/cgroup.procs`);
    statSync(`${path}/cgroup.controllers`);
  } catch (cause) {
    throw new GuidestarError("NOT_FOUND", `${path} is no cgroup v2: ${advice}.`, { cause });
  }
}
