import { realpathSync } from "node:fs";
import type { Logger } from "../log.js";
import type { ContainerLookup, LookupAnswer } from "./answer.js";
import { CriRuntime } from "./cri/runtime.js";
import { DockerRuntime } from "./docker.js";
import { type Endpoint, isSocket } from "./endpoints.js";
import { callMs, lookupsAtOnce, lookupsWaiting, socketsEveryMs } from "./limits.js";

export interface RuntimesOptions {
  readonly endpoints: readonly Endpoint[];
  readonly log: Pick<Logger, "info" | "warn">;
  /** How often to look for sockets that came or went. */
  readonly everyMs?: number;
}

interface Runtime {
  readonly endpoint: Endpoint;
  readonly client: CriRuntime | DockerRuntime;
  isThere: boolean;
  /** Why its last answer was none; "" if it was one. Told once, not for each container. */
  trouble: string;
}

/**
 * The container runtimes of this machine, all asked at once: the first that knows a container tells.
 * Nothing is contacted before the first question; until then sockets are only looked at.
 */
export class Runtimes implements ContainerLookup {
  readonly #runtimes: Runtime[];
  readonly #log: RuntimesOptions["log"];
  readonly #listeners: ((isThere: boolean) => void)[] = [];
  readonly #underWay = new Map<string, Promise<LookupAnswer>>();
  readonly #turns: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  #busy = 0;
  #isThere = false;
  #closed = false;

  private constructor({ endpoints, log, everyMs = socketsEveryMs }: RuntimesOptions) {
    this.#log = log;
    this.#runtimes = endpoints.map((endpoint) => ({
      endpoint,
      client:
        endpoint.kind === "cri" ? new CriRuntime(endpoint.path) : new DockerRuntime(endpoint.path),
      isThere: false,
      trouble: "",
    }));
    this.#timer = setInterval(() => void this.#look(), everyMs).unref();
  }

  static async start(options: RuntimesOptions): Promise<Runtimes> {
    const runtimes = new Runtimes(options);
    await runtimes.#look();
    return runtimes;
  }

  watch(listener: (isThere: boolean) => void): void {
    this.#listeners.push(listener);
    listener(this.#isThere);
  }

  lookup(id: string): Promise<LookupAnswer> {
    let answer = this.#underWay.get(id);
    if (!answer) {
      answer = this.#lookup(id).finally(() => this.#underWay.delete(id));
      this.#underWay.set(id, answer);
    }
    return answer;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const { client } of this.#runtimes) client.close();
  }

  async #lookup(id: string): Promise<LookupAnswer> {
    if (this.#closed || this.#turns.length >= lookupsWaiting) return { kind: "failed" };
    if (this.#busy >= lookupsAtOnce) await new Promise<void>((go) => this.#turns.push(go));
    else this.#busy++;
    try {
      return await firstThatKnows(
        this.#runtimes.filter(({ isThere }) => isThere).map((runtime) => this.#askOne(runtime, id)),
      );
    } finally {
      const next = this.#turns.shift();
      // The turn is passed on as it is.
      if (next) next();
      else this.#busy--;
    }
  }

  async #askOne(runtime: Runtime, id: string): Promise<LookupAnswer> {
    try {
      const answer = await withinMs(2 * callMs, runtime.client.lookup(id));
      this.#tell(runtime, "");
      return answer;
    } catch (error) {
      this.#tell(runtime, (error as Error).message);
      return { kind: "failed" };
    }
  }

  #tell(runtime: Runtime, trouble: string): void {
    const { path } = runtime.endpoint;
    if (trouble !== "" && runtime.trouble === "" && !this.#closed)
      this.#log.warn(
        `the container runtime at ${path} gives no usable answer, so its containers have no pods: ${trouble}`,
      );
    if (trouble === "" && runtime.trouble !== "")
      this.#log.info(`the container runtime at ${path} answers again`);
    runtime.trouble = trouble;
  }

  /** Sees which sockets are there. One that has two names is asked once. */
  async #look(): Promise<void> {
    const seen = new Set<string>();
    for (const runtime of this.#runtimes) {
      const { path } = runtime.endpoint;
      let isThere = await isSocket(path);
      if (isThere) {
        const real = realOf(path);
        isThere = !seen.has(real);
        seen.add(real);
      }
      if (this.#closed) return;
      if (isThere !== runtime.isThere)
        this.#log.info(`the container runtime's socket ${path} is ${isThere ? "there" : "gone"}`);
      runtime.isThere = isThere;
    }
    const isThere = seen.size > 0;
    if (isThere === this.#isThere) return;
    this.#isThere = isThere;
    for (const listener of this.#listeners) listener(isThere);
  }
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Does not wait for the others once one knows. */
function firstThatKnows(asked: readonly Promise<LookupAnswer>[]): Promise<LookupAnswer> {
  return new Promise((resolve) => {
    for (const one of asked)
      void one.then((answer) => {
        if (answer.kind === "found") resolve(answer);
      });
    void Promise.all(asked).then((answers) =>
      resolve(answers.find(({ kind }) => kind === "failed") ?? { kind: "unknown" }),
    );
  });
}

function withinMs<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer in time")), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
