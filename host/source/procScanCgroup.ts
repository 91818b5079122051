/** Which cgroup a process is in, told in the same way as the kernel programs do (`bpf/core/process/cgroup.h`). */
import { statSync } from "node:fs";
import { readText } from "./procScanFiles.js";

export interface CgroupOfProcess {
  /** Id in the v2 hierarchy; 0n: unknown. */
  readonly id: bigint;
  /** Leaf directory, or `PARENT/container`; empty in the root. `undefined`: can't be read. */
  readonly name: string | undefined;
}

/** `text` of `/proc/PID/cgroup`; `undefined` if it could not be read. */
export function cgroupOf(text: string | undefined, v2: CgroupMount | undefined): CgroupOfProcess {
  if (text === undefined) return { id: 0n, name: undefined };
  const paths = parseMemberships(text);
  const v2Path = paths.get("");
  return {
    id: v2Path === undefined ? 0n : cgroupId(v2Path, v2),
    name: leafName(telling(paths)),
  };
}

/** Cgroup path by controller; the v2 hierarchy is `""`. */
function parseMemberships(text: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const cleaned = path.replace(/ \(deleted\)$/, "");
    for (const controller of controllers.split(",")) paths.set(controller, cleaned);
  }
  return paths;
}

/** v2 if it is in use for this process, else what v1 says. */
function telling(paths: Map<string, string>): string {
  for (const controller of ["", "memory", "pids"]) {
    const path = paths.get(controller);
    if (path !== undefined && path !== "/") return path;
  }
  return "/";
}

function leafName(path: string): string {
  const [leaf = "", above = ""] = path.split("/").reverse();
  return leaf === "container" ? `${above}/${leaf}` : leaf;
}

/** Where the v2 hierarchy, or the part of it that we may see, is mounted. */
export interface CgroupMount {
  readonly root: string;
  readonly folder: string;
}

export function findCgroupMount(
  mounts = readText("/proc/self/mountinfo"),
): CgroupMount | undefined {
  for (const line of (mounts ?? "").split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    if (!after.startsWith("cgroup2 ")) continue;
    const [, , , root = "/", folder] = before.split(" ");
    if (folder !== undefined) return { root: unescapeMount(root), folder: unescapeMount(folder) };
  }
  return undefined;
}

/** mountinfo writes blanks and the like as octal numbers. */
function unescapeMount(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

function cgroupId(path: string, v2: CgroupMount | undefined): bigint {
  if (v2 === undefined) return 0n;
  const inside =
    v2.root === "/" ? path : path.startsWith(v2.root) ? path.slice(v2.root.length) : "";
  try {
    // Read as latin1, so that every byte comes back.
    return statSync(Buffer.from(`${v2.folder}${inside}`, "latin1"), { bigint: true }).ino;
  } catch {
    return 0n;
  }
}
