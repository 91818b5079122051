/**
 * The pipeline as the main thread sees it: starts the worker, brings everything back in a new one
 * if it died or hangs, and tells of its end.
 */
import { Worker } from "node:worker_threads";
import { GuidestarError } from "../errors.js";
import type { ActivePlugin, Arranged, PluginSetup, PreparedPlugin } from "../plugins/prepared.js";
import type { Rehearsal } from "../plugins/rehearsal.js";
import type { HookDescription } from "../policy/hookSpec.js";
import type { StreamSpec } from "../stream/filterSpec.js";
import { Feeds } from "./feeds.js";
import { type PipelineHandleOptions, plainOptions } from "./handleOptions.js";
import type { FromWorker, Replies, Request, ToWorker, WorkerData } from "./messages.js";
import type { Feed, FeedListener, PipelinePort, PipelineStatus } from "./port.js";
import { errorFrom, Requests } from "./requests.js";
import { SharedState } from "./shared.js";
import { RestartBudget, Watchdog } from "./watchdog.js";

export type { FirstListener, PipelineHandleOptions } from "./handleOptions.js";

const stopWithinMs = 3000;

export class PipelineHandle implements PipelinePort {
  readonly #options: PipelineHandleOptions;
  readonly #feeds = new Feeds();
  readonly #requests = new Requests();
  /** What to bring back after a restart. */
  #plugins: readonly PluginSetup[];
  /** What plugins have the host keep, for the worker's successor. */
  readonly #kept = new Map<string, Uint8Array>();
  readonly #hooks = new Map<number, HookDescription>();
  readonly #restarts = new RestartBudget();
  readonly #watchdog: Watchdog;
  #worker!: Worker;
  #shared!: SharedState;
  /** Settles when the first worker, or one that took its place, is ready or has failed. */
  readonly #started: Promise<void>;
  #settleStart!: { resolve(): void; reject(error: Error): void };
  #ended: { error: GuidestarError | undefined } | undefined;
  #lastStatus: PipelineStatus | undefined;
  /** There is no worker any more, and there will be none. */
  #isDead = false;
  #closing: Promise<void> | undefined;
  readonly #endWaiters: (() => void)[] = [];
  #runtimeIsThere = false;

  private constructor(options: PipelineHandleOptions) {
    this.#options = options;
    this.#plugins = options.plugins ?? [];
    for (const [plugin, bytes] of options.kept ?? []) this.#kept.set(plugin, bytes);
    for (const { spec, listener } of options.firstListeners ?? [])
      this.#feeds.of(spec, () => Promise.resolve()).listeners.add(listener);
    this.#started = new Promise((resolve, reject) => {
      this.#settleStart = { resolve, reject };
    });
    this.#started.catch(() => {});
    this.#watchdog = new Watchdog({
      patienceMs: options.watchdogMs,
      watched: () => this.#shared,
      onHang: (forMs) => this.#restart(`it did not answer for ${Math.round(forMs / 1000)} s`),
    });
    this.#spawn(0);
    options.containers?.watch((isThere) => {
      this.#runtimeIsThere = isThere;
      this.#post({ type: "runtime", isThere });
    });
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
    const shared = this.#feeds.of(spec, (group) =>
      this.#request({ type: "subscribe", group, spec }),
    );
    // Joining before the reply: nothing that the worker sends after it may be missed.
    shared.listeners.add(listener);
    const close = () => {
      if (this.#feeds.leave(shared, listener))
        this.#post({ type: "unsubscribe", group: shared.id });
    };
    try {
      await shared.ready;
    } catch (error) {
      shared.listeners.delete(listener);
      this.#feeds.forget(shared);
      throw error;
    }
    if (this.#ended) listener.end(this.#ended.error);
    return { close };
  }

  finishAggregation(): Promise<void> {
    return this.#request({ type: "finishAggregation" });
  }

  async arrange(setups: readonly PluginSetup[]): Promise<Arranged> {
    // A worker that dies meanwhile has said nothing: its successor begins with what was before.
    const reply = await this.#request({ type: "arrange", setups });
    this.#plugins = setups;
    const names = new Set(setups.map(({ plugin }) => plugin.name));
    for (const name of this.#kept.keys()) if (!names.has(name)) this.#kept.delete(name);
    return reply;
  }

  rehearse(plugin: PreparedPlugin, settings: string): Promise<Rehearsal> {
    return this.#request({ type: "rehearse", plugin, settings });
  }

  plugins(): Promise<readonly ActivePlugin[]> {
    return this.#request({ type: "plugins" });
  }

  async define(hooks: readonly HookDescription[]): Promise<void> {
    await this.#request({ type: "define", hooks });
    for (const each of hooks) this.#hooks.set(each.hook, each);
  }

  async forget(hooks: readonly number[]): Promise<void> {
    for (const each of hooks) this.#hooks.delete(each);
    await this.#request({ type: "forget", hooks });
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
    this.#watchdog.stop();
    if (!this.#ended) {
      const ended = this.ended;
      this.#post({ id: 0, request: { type: "stop" } });
      await Promise.race([ended, sleep(stopWithinMs)]);
    }
    await this.#worker.terminate();
    this.#end(undefined);
  }

  #spawn(sequence: number): void {
    this.#shared = new SharedState();
    const workerData: WorkerData = {
      options: plainOptions(this.#options),
      shared: this.#shared.buffer,
      sequence,
      groups: this.#feeds.groups(),
      plugins: this.#plugins,
      kept: this.#kept,
      hooks: [...this.#hooks.values()],
    };
    const worker = new Worker(this.#options.workerUrl ?? new URL("./worker.js", import.meta.url), {
      workerData,
    });
    this.#worker = worker;
    this.#watchdog.restart();
    if (this.#runtimeIsThere) this.#post({ type: "runtime", isThere: true });
    worker.on("message", (message: FromWorker) => {
      if (worker === this.#worker) this.#receive(message, worker);
    });
    worker.on("error", (error) => {
      if (worker !== this.#worker) return;
      this.#settleStart.reject(error);
      this.#restart(`it failed: ${error.message}`);
    });
  }

  #receive(message: FromWorker, worker: Worker): void {
    switch (message.type) {
      case "ready":
        this.#watchdog.started();
        this.#settleStart.resolve();
        return;
      case "lookup":
        void this.#lookUp(message.id, worker);
        return;
      case "frames":
        this.#shared.addBytesInFlight(-message.bytes.length);
        this.#feeds.deliver(message.group, message);
        return;
      case "log":
        this.#options.onPluginLog?.(message.plugin, message.level, message.line);
        return;
      case "kept":
        this.#kept.set(message.plugin, message.bytes);
        this.#options.onKept?.(message.plugin, message.bytes);
        return;
      case "poison":
        this.#options.onPoison?.(message.poison);
        return;
      case "reply":
        this.#requests.reply(message.id, message.value);
        return;
      case "refused":
        this.#requests.refuse(message.id, message.error);
        return;
      case "end":
        this.#lastStatus = message.status;
        this.#end(message.error && errorFrom(message.error));
        return;
    }
  }

  async #lookUp(id: string, worker: Worker): Promise<void> {
    const answer = await this.#options.containers?.lookup(id);
    const reply: ToWorker = { type: "container", id, answer: answer ?? { kind: "failed" } };
    worker.postMessage(reply);
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #request<R extends Request>(request: R): Promise<Replies[R["type"]]> {
    // After a recording's end the worker still answers; a worker that is gone does not.
    if (this.#ended && (this.#closing || this.#isDead)) return Promise.reject(stopped());
    return this.#requests.send(request, (message) => this.#post(message));
  }

  #restart(reason: string): void {
    if (this.#ended || this.#closing) return;
    this.#requests.rejectAll(
      new GuidestarError("UNAVAILABLE", `the event pipeline was restarted: ${reason}`),
    );
    void this.#worker.terminate();
    if (!this.#restarts.spend()) {
      this.#isDead = true;
      const message = `the event pipeline failed too often; last: ${reason}`;
      this.#end(new GuidestarError("INTERNAL", message));
      return;
    }
    this.#spawn(this.#shared.sequence);
    this.#options.onRestart?.(reason);
  }

  #end(error: GuidestarError | undefined): void {
    if (this.#ended) return;
    this.#settleStart.reject(
      error ?? new GuidestarError("INTERNAL", "the source ended before it began"),
    );
    this.#watchdog.stop();
    this.#ended = { error };
    this.#feeds.end(error);
    for (const waiter of this.#endWaiters.splice(0)) waiter();
    if (error || this.#closing) this.#requests.rejectAll(error ?? stopped());
  }
}

function stopped(): GuidestarError {
  return new GuidestarError("UNAVAILABLE", "the event pipeline has stopped");
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
