/**
 * The pipeline as the main thread sees it: starts the worker, pairs requests with replies, shares
 * one feed among all streams that ask for the same, and replaces a worker that died or hangs.
 */
import { Worker } from "node:worker_threads";
import { GuidestarError } from "../errors.js";
import type { ActivePlugin, PreparedPlugin } from "../plugins/prepared.js";
import type { ContainerLookup } from "../pods/answer.js";
import { filterKey } from "../stream/filter.js";
import type { StreamSpec } from "../stream/filterSpec.js";
import type { FromWorker, PipelineOptions, Replies, Request, WorkerData } from "./messages.js";
import type { Feed, FeedListener, PipelinePort, PipelineStatus } from "./port.js";
import { SharedState } from "./shared.js";

export interface PipelineHandleOptions extends PipelineOptions {
  /** A worker that has not gone round its loop for so long is replaced. Default 15,000. */
  readonly watchdogMs?: number;
  /** Told of a worker that was replaced, and why. */
  readonly onRestart?: (reason: string) => void;
  /** Told each line of a plugin's log. */
  readonly onPluginLog?: (plugin: string, level: string, line: string) => void;
  /** Subscribed before the first event, so that they miss none. */
  readonly firstListeners?: readonly FirstListener[];
  /** Who is asked for containers; with `pods`. Not closed by the pipeline. */
  readonly containers?: ContainerLookup | undefined;
  /** Another worker module, for tests. */
  readonly workerUrl?: URL;
}

export interface FirstListener {
  readonly spec: StreamSpec;
  readonly listener: FeedListener;
}

interface SharedFeed {
  readonly id: number;
  readonly spec: StreamSpec;
  readonly listeners: Set<FeedListener>;
  /** Settles when the worker has taken the filter. */
  readonly ready: Promise<void>;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const watchEveryMs = 1000;
const defaultWatchdogMs = 15_000;
/** How many times as long as the watchdog waits otherwise. */
const startPatience = 6;
const maxRestarts = 3;
const restartWindowMs = 60_000;
const stopWithinMs = 3000;

export class PipelineHandle implements PipelinePort {
  readonly #options: PipelineHandleOptions;
  readonly #feeds = new Map<string, SharedFeed>();
  readonly #byId = new Map<number, SharedFeed>();
  readonly #pending = new Map<number, Pending>();
  /** What to bring back after a restart, in order. */
  readonly #plugins = new Map<string, PreparedPlugin>();
  readonly #restarts: number[] = [];
  #worker!: Worker;
  #shared!: SharedState;
  /** Settles when the first worker, or one that took its place, is ready or has failed. */
  readonly #started: Promise<void>;
  #settleStart!: { resolve(): void; reject(error: Error): void };
  /** The worker has reached its loop, and has to go round it from now on. */
  #isReady = false;
  #watch: NodeJS.Timeout;
  #nextId = 1;
  #heartbeat = 0;
  #heartbeatMs = performance.now();
  #ended: { error: GuidestarError | undefined } | undefined;
  #lastStatus: PipelineStatus | undefined;
  /** There is no worker any more, and there will be none. */
  #isDead = false;
  #closing: Promise<void> | undefined;
  readonly #endWaiters: (() => void)[] = [];
  #runtimeIsThere = false;

  private constructor(options: PipelineHandleOptions) {
    this.#options = options;
    for (const { spec, listener } of options.firstListeners ?? [])
      this.#feed(spec, () => Promise.resolve()).listeners.add(listener);
    this.#started = new Promise((resolve, reject) => {
      this.#settleStart = { resolve, reject };
    });
    this.#started.catch(() => {});
    this.#spawn(0);
    options.containers?.watch((isThere) => {
      this.#runtimeIsThere = isThere;
      this.#worker.postMessage({ type: "runtime", isThere });
    });
    this.#watch = setInterval(() => this.#checkHeartbeat(), watchEveryMs).unref();
  }

  /** @throws GuidestarError if the source cannot be opened. */
  static async start(options: PipelineHandleOptions): Promise<PipelineHandle> {
    const handle = new PipelineHandle(options);
    try {
      await handle.#started;
    } catch (error) {
      await handle.close();
      throw error;
    }
    return handle;
  }

  /** Resolves when the source has no more events or the pipeline is gone. */
  get ended(): Promise<GuidestarError | undefined> {
    if (this.#ended) return Promise.resolve(this.#ended.error);
    return new Promise((resolve) => this.#endWaiters.push(() => resolve(this.#ended?.error)));
  }

  async subscribe(spec: StreamSpec, listener: FeedListener): Promise<Feed> {
    const key = filterKey(spec);
    const shared = this.#feed(spec, (group) => this.#request({ type: "subscribe", group, spec }));
    // Joining before the reply: nothing that the worker sends after it may be missed.
    shared.listeners.add(listener);
    const close = () => {
      shared.listeners.delete(listener);
      if (shared.listeners.size > 0 || this.#byId.get(shared.id) !== shared) return;
      this.#forget(key, shared);
      this.#worker.postMessage({ type: "unsubscribe", group: shared.id });
    };
    try {
      await shared.ready;
    } catch (error) {
      shared.listeners.delete(listener);
      this.#forget(key, shared);
      throw error;
    }
    if (this.#ended) listener.end(this.#ended.error);
    return { close };
  }

  async activate(plugin: PreparedPlugin): Promise<Replies["activate"]> {
    const reply = await this.#request({ type: "activate", plugin });
    this.#plugins.set(plugin.name, plugin);
    return reply;
  }

  async remove(name: string): Promise<Replies["remove"]> {
    const reply = await this.#request({ type: "remove", name });
    this.#plugins.delete(name);
    return reply;
  }

  plugins(): Promise<readonly ActivePlugin[]> {
    return this.#request({ type: "plugins" });
  }

  /** After the end, the counts as they were then. */
  status(): Promise<PipelineStatus> {
    if (this.#lastStatus) return Promise.resolve(this.#lastStatus);
    return this.#request({ type: "status" });
  }

  /** Stops the worker after what is in the ring by now; ends all feeds. Twice does no harm. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#watch);
    if (!this.#ended) {
      const ended = this.ended;
      this.#worker.postMessage({ id: 0, request: { type: "stop" } });
      await Promise.race([ended, sleep(stopWithinMs)]);
    }
    await this.#worker.terminate();
    this.#end(undefined);
  }

  /** The feed of that filter, made with `subscribe` if there is none. */
  #feed(spec: StreamSpec, subscribe: (id: number) => Promise<void>): SharedFeed {
    const key = filterKey(spec);
    const known = this.#feeds.get(key);
    if (known) return known;
    const id = this.#nextId++;
    const feed = { id, spec, listeners: new Set<FeedListener>(), ready: subscribe(id) };
    this.#feeds.set(key, feed);
    this.#byId.set(id, feed);
    return feed;
  }

  #spawn(sequence: number): void {
    this.#shared = new SharedState();
    const workerData: WorkerData = {
      options: plainOptions(this.#options),
      shared: this.#shared.buffer,
      sequence,
      groups: [...this.#byId.values()].map(({ id, spec }) => ({ group: id, spec })),
    };
    const worker = new Worker(this.#options.workerUrl ?? new URL("./worker.js", import.meta.url), {
      workerData,
    });
    this.#worker = worker;
    this.#heartbeatMs = performance.now();
    if (this.#runtimeIsThere) worker.postMessage({ type: "runtime", isThere: true });
    this.#isReady = false;
    worker.on("message", (message: FromWorker) => {
      if (worker !== this.#worker) return;
      if (message.type === "ready") {
        this.#isReady = true;
        this.#settleStart.resolve();
      } else if (message.type === "lookup") void this.#lookup(worker, message.id);
      else this.#receive(message);
      if (message.type === "end") this.#settleStart.reject(errorFrom(message.error ?? alreadyOver));
    });
    worker.on("error", (error) => {
      if (worker !== this.#worker) return;
      this.#settleStart.reject(error);
      this.#restart(`it failed: ${error.message}`);
    });
  }

  async #lookup(worker: Worker, id: string): Promise<void> {
    const answer = await this.#options.containers?.lookup(id);
    worker.postMessage({ type: "container", id, answer: answer ?? { kind: "failed" } });
  }

  #receive(message: Exclude<FromWorker, { type: "ready" | "lookup" }>): void {
    switch (message.type) {
      case "frames":
        this.#shared.addBytesInFlight(-message.bytes.length);
        for (const listener of this.#byId.get(message.group)?.listeners ?? [])
          listener.frames(message);
        return;
      case "log":
        this.#options.onPluginLog?.(message.plugin, message.level, message.line);
        return;
      case "reply":
        this.#settle(message.id)?.resolve(message.value);
        return;
      case "refused":
        this.#settle(message.id)?.reject(errorFrom(message.error));
        return;
      case "end":
        this.#lastStatus = message.status;
        this.#end(message.error && errorFrom(message.error));
        return;
    }
  }

  #request<R extends Request>(request: R): Promise<Replies[R["type"]]> {
    if (this.#ended && !this.#canAnswer())
      return Promise.reject(new GuidestarError("UNAVAILABLE", "the event pipeline has stopped"));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ id, request });
    });
  }

  /** After a recording's end the worker still answers; a worker that is gone does not. */
  #canAnswer(): boolean {
    return !this.#closing && !this.#isDead;
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #forget(key: string, feed: SharedFeed): void {
    if (this.#feeds.get(key) === feed) this.#feeds.delete(key);
    this.#byId.delete(feed.id);
  }

  #checkHeartbeat(): void {
    const now = performance.now();
    if (this.#ended || this.#shared.heartbeat !== this.#heartbeat) {
      this.#heartbeat = this.#shared.heartbeat;
      this.#heartbeatMs = now;
    } else if (now - this.#heartbeatMs > this.#patienceMs) {
      this.#restart(`it did not answer for ${Math.round((now - this.#heartbeatMs) / 1000)} s`);
    }
  }

  /** Before its loop a worker loads code and reads /proc, which takes long on a busy machine. */
  get #patienceMs(): number {
    const { watchdogMs = defaultWatchdogMs } = this.#options;
    return this.#isReady ? watchdogMs : startPatience * watchdogMs;
  }

  #restart(reason: string): void {
    if (this.#ended || this.#closing) return;
    const old = this.#worker;
    const now = performance.now();
    while (this.#restarts.length > 0 && now - (this.#restarts[0] as number) > restartWindowMs)
      this.#restarts.shift();
    this.#restarts.push(now);
    const error = new GuidestarError("UNAVAILABLE", `the event pipeline was restarted: ${reason}`);
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    if (this.#restarts.length > maxRestarts) {
      void old.terminate();
      this.#isDead = true;
      this.#end(
        new GuidestarError("INTERNAL", `the event pipeline failed too often; last: ${reason}`),
      );
      return;
    }
    const sequence = this.#shared.sequence;
    void old.terminate();
    this.#spawn(sequence);
    this.#options.onRestart?.(reason);
    for (const plugin of this.#plugins.values())
      void this.#request({ type: "activate", plugin }).catch(() => {});
  }

  #end(error: GuidestarError | undefined): void {
    if (this.#ended) return;
    this.#settleStart.reject(error ?? errorFrom(alreadyOver));
    this.#ended = { error };
    for (const feed of this.#byId.values())
      for (const listener of feed.listeners) listener.end(error);
    for (const waiter of this.#endWaiters.splice(0)) waiter();
    if (!error && !this.#closing) return;
    const gone = error ?? new GuidestarError("UNAVAILABLE", "the event pipeline has stopped");
    for (const pending of this.#pending.values()) pending.reject(gone);
    this.#pending.clear();
  }
}

const alreadyOver = { code: "INTERNAL", message: "the source ended before it began" } as const;

function errorFrom(error: { code: GuidestarError["code"]; message: string }): GuidestarError {
  return new GuidestarError(error.code, error.message);
}

/** Functions and URLs cannot be sent to a worker. */
function plainOptions(options: PipelineHandleOptions): PipelineOptions {
  const {
    watchdogMs: _w,
    onRestart: _r,
    onPluginLog: _p,
    workerUrl: _u,
    containers: _c,
    firstListeners: _f,
    ...plain
  } = options;
  return plain;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
