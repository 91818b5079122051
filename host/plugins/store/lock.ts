/** Sees to it that one daemon at a time uses a folder. */
import { link, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { GuidestarError } from "../../errors.js";

export interface Lock {
  release(): Promise<void>;
}

const NAME = "lock";
const mostTries = 10;

/**
 * Takes the folder's lock. One whose process is gone, however it ended, does not count.
 * @throws GuidestarError FAILED_PRECONDITION naming the process that has it
 */
export async function lockFolder(folder: string): Promise<Lock> {
  const file = path.join(folder, NAME);
  const mine = await identityOf(process.pid);
  // Written aside and linked: who reads the lock never sees half of it.
  const aside = path.join(folder, `${NAME}.${process.pid}`);
  await writeFile(aside, mine);
  try {
    for (let n = 0; n < mostTries; n++) {
      if (await linked(aside, file)) return { release: () => rm(file, { force: true }) };
      const theirs = await readFile(file, "utf8").catch(() => "");
      const pid = Number.parseInt(theirs, 10);
      if (theirs !== "" && theirs !== mine && (await identityOf(pid)) === theirs) {
        throw new GuidestarError(
          "FAILED_PRECONDITION",
          `the plugin store ${folder} is in use by process ${pid}: give this daemon another with --plugin-dir`,
        );
      }
      await rm(file, { force: true });
    }
  } finally {
    await rm(aside, { force: true });
  }
  throw new GuidestarError("FAILED_PRECONDITION", `cannot lock the plugin store ${folder}`);
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** The pid and when it started: pids are used again. "" if there is none. */
async function identityOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  if (stat === "") return "";
  const startTicks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  return `${pid} ${startTicks} ${boot.trim()}\n`;
}
