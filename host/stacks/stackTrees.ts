/** The stack trace trees of a node as the main thread sees them; a thread of their own reads them. */
import { Worker } from "node:worker_threads";
import type { fgs } from "../../proto/generated/api.js";
import { GuidestarError } from "../errors.js";
import { fullContainerId } from "../events/container.js";
import type { ContainerLookup } from "../pods/answer.js";
import type { TreeNumbers } from "./collector.js";
import type { TreeInit } from "./generation.js";
import type {
  FromStacks,
  StacksReplies,
  StacksRequest,
  StacksWorkerData,
  ToStacks,
} from "./messages.js";

export interface StackTreesOptions {
  /** Asked when there is the first tree. */
  workerData(): Omit<StacksWorkerData, "containers">;
  readonly containers?: ContainerLookup | undefined;
  /** How long an answer may take; default 20,000. */
  readonly patienceMs?: number;
}

const defaultPatienceMs = 20_000;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

export class StackTrees {
  readonly #options: StackTreesOptions;
  readonly #trees = new Map<string, TreeInit>();
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #requests = 0;

  constructor(options: StackTreesOptions) {
    this.#options = options;
  }

  has(name: string): boolean {
    return this.#trees.has(name);
  }

  /** Before there are hooks that count in it. */
  async add(init: TreeInit): Promise<void> {
    await this.#request({ type: "add", init });
    this.#trees.set(init.name, init);
  }

  async remove(name: string): Promise<void> {
    if (!this.#trees.delete(name)) return;
    await this.#request({ type: "remove", name });
    if (this.#trees.size === 0) await this.close();
  }

  /** With all that was counted up to now. Rejects with `NOT_FOUND` if there is no such tree. */
  async read(name: string): Promise<fgs.StackTraceNode.$Properties> {
    const root = this.#trees.has(name) ? await this.#request({ type: "read", name }) : undefined;
    if (root === undefined) throw noSuchTree(name);
    return root;
  }

  /** By the tree's name. */
  async numbers(): Promise<Record<string, TreeNumbers>> {
    return this.#trees.size === 0 ? {} : this.#request({ type: "numbers" });
  }

  /** Twice does no harm. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#trees.clear();
    this.#rejectAll(new GuidestarError("UNAVAILABLE", "the stack trace trees are being closed"));
    await worker?.terminate();
  }

  #request<R extends StacksRequest>(request: R): Promise<StacksReplies[R["type"]]> {
    const worker = this.#worker ?? this.#spawn();
    return this.#send(worker, request) as Promise<StacksReplies[R["type"]]>;
  }

  #send(worker: Worker, request: StacksRequest): Promise<unknown> {
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      const patienceMs = this.#options.patienceMs ?? defaultPatienceMs;
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        const message = `the stack trace trees gave no answer within ${patienceMs / 1000} s: they are still reading symbols; try again`;
        reject(new GuidestarError("UNAVAILABLE", message));
      }, patienceMs);
      this.#waiting.set(id, { resolve, reject, timer });
      worker.postMessage({ type: "request", id, request } satisfies ToStacks);
    });
  }

  /** After a failure the trees begin anew. */
  #spawn(): Worker {
    const workerData: StacksWorkerData = {
      ...this.#options.workerData(),
      containers: this.#options.containers !== undefined,
    };
    const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData });
    this.#worker = worker;
    worker.on("message", (message: FromStacks) => this.#receive(message, worker));
    worker.on("error", (error) => {
      if (worker !== this.#worker) return;
      this.#worker = undefined;
      const message = `the stack trace trees failed and begin anew: ${error.message}`;
      this.#rejectAll(new GuidestarError("INTERNAL", message, { cause: error }));
    });
    for (const init of this.#trees.values()) {
      this.#send(worker, { type: "add", init }).catch(() => {});
    }
    return worker;
  }

  #receive(message: FromStacks, worker: Worker): void {
    if (message.type === "pod") {
      void this.#lookUp(message.cgroup, worker);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id);
    clearTimeout(waiting.timer);
    if (message.type === "reply") waiting.resolve(message.value);
    else waiting.reject(new GuidestarError("INTERNAL", message.message));
  }

  async #lookUp(cgroup: string, worker: Worker): Promise<void> {
    const answer = await this.#options.containers?.lookup(fullContainerId(cgroup));
    const info = answer?.kind === "found" ? answer.info : undefined;
    const pod = info?.podName ? `${info.namespace}/${info.podName}` : "";
    worker.postMessage({ type: "pod", cgroup, pod } satisfies ToStacks);
  }

  #rejectAll(error: Error): void {
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
  }
}

export const noSuchTree = (name: string): GuidestarError =>
  new GuidestarError("NOT_FOUND", `SttMgTreeToProto: tree ${name} does not exist`);
