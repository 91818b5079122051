/** Boots the guest once, for one job, and waits for its end. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { writeImage } from "./image.js";
import { live } from "./live.js";
import type { Job, WireEvent } from "./messages.js";
import { cacheFolder, guestKernel, needed } from "./paths.js";

export interface BootOptions {
  /** Tells guests that run side by side apart. Default: "1". */
  readonly name?: string;
  readonly job: Job;
  /** How long the guest may live, boot included. */
  readonly timeoutMs: number;
  /** How long it may take until its agent says hello. Default: 120,000. */
  readonly bootTimeoutMs?: number;
  /** Default: 3072. */
  readonly memoryMiB?: number;
  /** Default: 2. */
  readonly cpus?: number;
  /** The user's terminal becomes the guest's console. Default: false. */
  readonly interactive?: boolean;
  /** Kernel messages on the console. Default: true. */
  readonly verbose?: boolean;
  readonly onConsole?: (text: string) => void;
  /** What the test file `test` reports. */
  readonly onEvent?: (test: string, event: WireEvent) => void;
  /** The test file `test` has nothing more to report. */
  readonly onRan?: (test: string) => void;
  /** Stops the guest at once. */
  readonly signal?: AbortSignal;
}

export interface GuestResult {
  /** Exit code of the job; `undefined` if the guest did not get that far. */
  readonly exitCode: number | undefined;
  /** Why there is no exit code, or why it is not to be trusted: one sentence. */
  readonly failure: string | undefined;
  /** The whole console. Also in `.cache/guest/console.log` (`console.NAME.log`); the one before in `console.previous.log`. */
  readonly console: string;
  /** Files that the job left in `GUIDESTAR_EXPORT`, by name. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly kernel: string | undefined;
  readonly imageBytes: number;
  /** From the start of qemu to the agent's first word; ms. */
  readonly bootMs: number | undefined;
  readonly totalMs: number;
}

/** Rejects only if the guest could not be started; what happens to it later is in the result. */
export async function bootGuest(options: BootOptions): Promise<GuestResult> {
  const kernel = needed(guestKernel(), "its kernel");
  mkdirSync(cacheFolder, { recursive: true });
  removeLeftovers();
  const folder = mkdtempSync(path.join(cacheFolder, `boot-${process.pid}-`));
  try {
    const image = path.join(folder, "image.cpio");
    const { totalBytes } = writeImage(image, kernel, options.job);
    return await live(options, kernel, image, totalBytes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Images of processes that were killed before they could tidy up. */
function removeLeftovers(): void {
  for (const name of readdirSync(cacheFolder)) {
    const pid = /^boot-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    rmSync(path.join(cacheFolder, name), { recursive: true, force: true });
  }
}
