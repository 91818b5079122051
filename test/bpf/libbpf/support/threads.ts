import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** Starts `support/NAME.ts` as a worker; resolves once it has sent its first message. */
export async function startWorker(name: string, workerData: unknown): Promise<Worker> {
  const worker = new Worker(new URL(`./${name}.js`, import.meta.url), { workerData });
  await once(worker, "message");
  return worker;
}

/** Resolves to the exit code. */
export async function exited(worker: Worker): Promise<number> {
  const [code] = (await once(worker, "exit")) as [number];
  return code;
}
