import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** A worker, and how it ended. */
export interface Thread {
  readonly worker: Worker;
  /** What it sent first. */
  readonly message: unknown;
  /** Resolves to the exit code. */
  readonly exited: Promise<number>;
}

/** Starts `support/NAME.ts` as a worker; resolves once it has sent its first message. */
export async function startThread(name: string, workerData: unknown): Promise<Thread> {
  const worker = new Worker(new URL(`./${name}.js`, import.meta.url), { workerData });
  const exited = new Promise<number>((resolve) => worker.once("exit", resolve));
  const [message] = await once(worker, "message");
  return { worker, message, exited };
}
