/** Which processes are in scope at the start. */
import { readdirSync } from "node:fs";
import { readNumbers, readStat, readText } from "./procScanFiles.js";

/** All processes, `procPath` being `/proc`. */
export const allPids = (procPath: string): number[] => readNumbers(procPath);

/**
 * The roots and all their descendants, parents first. `visit` is called for each before its own
 * children are looked for: from then on the kernel tells of new ones.
 */
export function treePids(
  roots: readonly number[],
  procPath: string,
  visit: (pid: number) => void = () => {},
): number[] {
  const found = new Set<number>();
  const queue = [...roots];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    if (found.has(pid) || readStat(`${procPath}/${pid}`) === undefined) continue;
    found.add(pid);
    visit(pid);
    queue.push(...childrenOf(pid, procPath));
  }
  return [...found];
}

/** Of all its threads: a child belongs to the thread that made it. */
export function childrenOf(pid: number, procPath: string): number[] {
  return readNumbers(`${procPath}/${pid}/task`).flatMap((tid) =>
    (readText(`${procPath}/${pid}/task/${tid}/children`) ?? "")
      .split(" ")
      .filter((text) => text !== "")
      .map(Number),
  );
}

/** Members of a cgroup v2 and of all below it, by the path of its folder. */
export function cgroupPids(folder: string): number[] {
  const members = (readText(`${folder}/cgroup.procs`) ?? "")
    .split("\n")
    .filter(Boolean)
    .map(Number);
  // 0 stands for a process of another pid namespace, which has no number in ours.
  const own = members.filter((pid) => pid > 0);
  return [...own, ...subfolders(folder).flatMap((name) => cgroupPids(`${folder}/${name}`))];
}

function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
