import { setTimeout as sleep } from "node:timers/promises";

/** Looks again and again until it is so. Emulation is slow: two minutes. */
export async function waitFor(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadlineMs = Date.now() + 120_000; !(await isSo()); await sleep(50))
    if (Date.now() > deadlineMs) throw new Error(`${what}: not within two minutes`);
}
