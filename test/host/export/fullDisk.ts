/**
 * A program that exports to a small disk until that is full, makes room, and goes on. Given the
 * folder of the disk; prints what it saw as JSON. `fullDisk.test.ts` gives it a disk of its own.
 */
import { readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ExportStatus } from "../../../host/export/config.js";
import { Exporter } from "../../../host/export/exporter.js";
import { createLogger } from "../../../host/log.js";
import { configOf, job } from "./harness.js";

export interface FullDiskReport {
  /** While the disk was full, and at the end. */
  readonly full: ExportStatus;
  readonly end: ExportStatus;
  /** Bytes that were free while the disk was full. */
  readonly freeWhenFull: number;
  /** The text of the file while the disk was full, and at the end. */
  readonly textWhenFull: string;
  readonly text: string;
  /** Events that were handed over. */
  readonly handed: number;
}

/** What is given up to make room; events do not fit into the other half. */
const ballastBytes = 32 * 1024;

async function fillUp(folder: string): Promise<FullDiskReport> {
  const file = join(folder, "events.json");
  const ballast = join(folder, "ballast");
  writeFileSync(ballast, Buffer.alloc(ballastBytes));
  const exporter = await Exporter.start({
    config: configOf(file),
    nodeName: "node",
    log: createLogger("error", "text"),
  });
  let handed = 0;
  const give = (count: number) => {
    exporter.frames({ bytes: job(handed + 1, count).bytes, count, lostRing: 0 });
    handed += count;
  };
  while (exporter.status.failure === "") {
    give(3);
    await sleep(5);
  }
  give(5);
  // Several attempts fail.
  await sleep(1000);
  const full = exporter.status;
  const { bavail, bsize } = statfsSync(folder);
  const textWhenFull = readFileSync(file, "utf8");
  rmSync(ballast);
  while (exporter.status.queued > 0) await sleep(5);
  give(4);
  await exporter.close();
  return {
    ...{ full, end: exporter.status, freeWhenFull: bavail * bsize },
    ...{ textWhenFull, text: readFileSync(file, "utf8"), handed },
  };
}

const [, , folder] = process.argv;
if (folder !== undefined) process.stdout.write(JSON.stringify(await fillUp(folder)));
