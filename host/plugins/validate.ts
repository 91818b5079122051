import { Worker } from "node:worker_threads";
import { type ErrorCode, GuidestarError } from "../errors.js";
import type { PluginBudget } from "./budget.js";
import { PLUGIN_LIMITS } from "./limits.js";
import type { PreparedPlugin } from "./prepared.js";

export interface PrepareOptions {
  /** Name to register under, in place of the one in the manifest. */
  readonly name?: string;
  /** The most that a plugin gets here; default `defaultCeiling`. */
  readonly ceiling?: PluginBudget | undefined;
  /** Time that the checks may take; default `PLUGIN_LIMITS.prepareMs`. */
  readonly timeoutMs?: number;
}

/** What the worker is given, and what it answers. */
export interface PrepareTask {
  readonly bytes: Uint8Array;
  readonly name: string | undefined;
  readonly ceiling: PluginBudget | undefined;
}
export type PrepareReply =
  | { readonly prepared: PreparedPlugin }
  | { readonly error: { readonly code: ErrorCode; readonly message: string } };

/** Workers at work at the same time; more would let uploads take all memory. */
const MOST_WORKERS = 2;

let working = 0;
const waiting: (() => void)[] = [];

/**
 * Checks an uploaded module and makes it ready for the chain: decoded strictly, rewritten to burn fuel,
 * compiled, started once. All of it in a worker thread of its own, bounded in time and memory, because
 * the bytes may come from anyone. Rejects with an INVALID_ARGUMENT `GuidestarError` whose message is one
 * sentence: what is wrong, and where.
 */
export async function prepare(
  bytes: Uint8Array,
  options: PrepareOptions = {},
): Promise<PreparedPlugin> {
  if (bytes.length > PLUGIN_LIMITS.moduleBytes) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `the module has ${bytes.length} bytes, more than the ${PLUGIN_LIMITS.moduleBytes} that a plugin may have`,
    );
  }
  // A copy of its own: the worker takes it away from this thread.
  const { name, ceiling } = options;
  const task: PrepareTask = { bytes: new Uint8Array(bytes), name, ceiling };
  await enter();
  try {
    return await work(task, options.timeoutMs ?? PLUGIN_LIMITS.prepareMs);
  } finally {
    leave();
  }
}

async function work(task: PrepareTask, timeoutMs: number): Promise<PreparedPlugin> {
  const worker = new Worker(new URL("./prepareWorker.js", import.meta.url), {
    workerData: task,
    transferList: [task.bytes.buffer as ArrayBuffer],
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: PLUGIN_LIMITS.prepareHeapMiB, stackSizeMb: 4 },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const reply = await new Promise<PrepareReply>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", (error) => reject(refusal(error)));
      worker.once("exit", () => reject(refusal(new Error("the checks ended without a result"))));
      timer = setTimeout(() => {
        reject(refusal(new Error(`the checks took longer than ${timeoutMs / 1000} s`)));
      }, timeoutMs);
    });
    if ("error" in reply) throw new GuidestarError(reply.error.code, reply.error.message);
    return reply.prepared;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

/** The worker died or was too slow: the module is to blame. */
function refusal(error: Error): GuidestarError {
  const outOfMemory = (error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY";
  const why = outOfMemory
    ? `the checks took more than ${PLUGIN_LIMITS.prepareHeapMiB} MiB`
    : error.message;
  return new GuidestarError("INVALID_ARGUMENT", `the module could not be checked: ${why}`, {
    cause: error,
  });
}

function enter(): Promise<void> {
  if (working < MOST_WORKERS) {
    working++;
    return Promise.resolve();
  }
  return new Promise((resolve) => waiting.push(resolve));
}

/** Hands the place on to whoever waits. */
function leave(): void {
  const next = waiting.shift();
  if (next) next();
  else working--;
}
