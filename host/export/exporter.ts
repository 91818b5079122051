/** The export as the main thread sees it: one more subscriber of the pipeline, with its own bounded queue. */
import { Worker } from "node:worker_threads";
import { GuidestarError } from "../errors.js";
import type { Logger } from "../log.js";
import type { FeedListener, Frames } from "../pipeline/port.js";
import type { StreamSpec } from "../stream/filterSpec.js";
import { addLoss, eventsFrom, type Loss } from "../stream/loss.js";
import type { QueueLimits } from "../stream/queue.js";
import type { ExportConfig, ExportStatus } from "./config.js";
import { ExportCounters } from "./counters.js";
import { cutFrames } from "./cutFrames.js";
import type { FrameJob } from "./loop.js";
import { LossLog } from "./lossLog.js";
import type { ExportWorkerData, FromExport, ToExport } from "./worker.js";

export interface ExporterOptions {
  readonly config: ExportConfig;
  readonly nodeName: string;
  readonly log: Logger;
  /** How long `close` waits for the disk. Default 5,000. */
  readonly closeWithinMs?: number;
}

export class Exporter implements FeedListener {
  readonly #options: ExporterOptions;
  readonly #limits: QueueLimits;
  readonly #counters = new ExportCounters();
  readonly #lossLog: LossLog;
  #worker!: Worker;
  #sentEvents = 0;
  #sentBytes = 0;
  #lostQueueFull = 0;
  #lostAggregation = 0;
  /** Lost on this side because nothing could be written. */
  #lostFailing = 0;
  /** Sent to a thread that died or hung with them. */
  #abandoned = 0;
  #loss: Loss | undefined;
  #failure = "";
  /** The thread has died, and there is no new one yet. */
  #isDown = false;
  #closing: Promise<void> | undefined;

  private constructor(options: ExporterOptions) {
    this.#options = options;
    this.#limits = options.config.queue;
    this.#lossLog = new LossLog(() => this.status, options.log);
  }

  /** @throws GuidestarError if the file cannot be opened. */
  static async start(options: ExporterOptions): Promise<Exporter> {
    const exporter = new Exporter(options);
    try {
      await exporter.#spawn(true);
    } catch (error) {
      exporter.#closing = Promise.resolve();
      await exporter.#worker.terminate();
      throw error;
    }
    exporter.#lossLog.start();
    return exporter;
  }

  /** Which events it is to be given. */
  get spec(): StreamSpec {
    return this.#options.config.spec;
  }

  get status(): ExportStatus {
    const counters = this.#counters;
    return {
      file: this.#options.config.file,
      written: counters.get("written"),
      bytes: counters.get("writtenBytes"),
      queued: this.#sentEvents - counters.get("doneEvents"),
      lostQueueFull: this.#lostQueueFull,
      lostAggregation: this.#lostAggregation,
      lostWriteFailed: this.#lostFailing + this.#abandoned + counters.get("failed"),
      rateLimited: counters.get("rateLimited"),
      rotations: counters.get("rotations"),
      failure: this.#failure,
    };
  }

  /** Takes what fits into the queue; the rest is lost, and the next event that is written says so. */
  frames(frames: Frames): void {
    const { bytes, count, lostRing, lostAggregation = 0 } = frames;
    if (lostRing > 0) this.#lose({ ring: lostRing });
    if (lostAggregation > 0) this.#lose({ aggregation: lostAggregation });
    this.#lostAggregation += lostAggregation;
    const room = this.#room(bytes.length, count);
    if (room > 0) this.#send(cutFrames(bytes, room < count ? room : undefined), room);
    const lost = eventsFrom(frames, room);
    if (lost === 0) return;
    this.#lose({ slowClient: lost });
    if (this.#counters.get("failing") === 1) this.#lostFailing += lost;
    else this.#lostQueueFull += lost;
  }

  /** What came before is written all the same. */
  end(): void {}

  /** Opens the file anew, as programs that rotate logs ask for. */
  reopen(): void {
    if (!this.#closing) this.#post("reopen");
  }

  /** Writes what waits, as long as the disk takes it. Twice does no harm. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const worker = this.#worker;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      worker.on("message", ({ type }: FromExport) => type === "closed" && resolve());
      worker.once("exit", () => resolve());
      timer = setTimeout(resolve, this.#options.closeWithinMs ?? 5000);
      this.#post("close");
      if (this.#isDown) resolve();
    });
    clearTimeout(timer);
    // A thread that hangs in the kernel does not end either.
    await Promise.race([worker.terminate(), sleep(terminateWithinMs)]);
    this.#abandon();
    this.#lossLog.close();
  }

  #spawn(mustOpen: boolean): Promise<void> {
    const { config, nodeName } = this.#options;
    const counters = this.#counters.buffer;
    const workerData: ExportWorkerData = { config, nodeName, counters, mustOpen };
    const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      worker.on("message", (message: FromExport) => {
        if (message.type === "ready") resolve();
        else if (message.type === "refused") reject(this.#refusal(message.reason));
        else this.#receive(message);
      });
      let reason = "it ended";
      worker.on("error", (error) => {
        reason = error.message;
        reject(error);
      });
      worker.on("exit", () => this.#restart(reason));
    });
  }

  #receive(message: FromExport): void {
    const { log, config } = this.#options;
    if (message.type === "trouble") log.warn(`export to ${config.file}: ${message.reason}`);
    if (message.type !== "failure") return;
    this.#failure = message.reason ?? "";
    if (message.reason === undefined) log.info(`export to ${config.file}: it can be written again`);
    else log.error(`export to ${config.file}: it cannot be written: ${message.reason}`);
  }

  /** A thread that died takes with it what waited. */
  #restart(reason: string): void {
    const { log, config } = this.#options;
    if (this.#closing) return;
    this.#isDown = true;
    this.#abandon();
    this.#failure = `the export's thread failed: ${reason}`;
    this.#counters.set("failing", 1);
    log.error(`export to ${config.file}: ${this.#failure}`);
    setTimeout(() => {
      if (this.#closing) return;
      this.#isDown = false;
      this.#failure = "";
      this.#counters.set("failing", 0);
      this.#spawn(false).catch(() => {});
    }, restartAfterMs).unref();
  }

  #abandon(): void {
    const counters = this.#counters;
    const known = counters.get("written") + counters.get("rateLimited") + counters.get("failed");
    this.#abandoned = this.#sentEvents - known;
    counters.set("doneEvents", this.#sentEvents);
    counters.set("doneBytes", this.#sentBytes);
  }

  #room(bytes: number, count: number): number {
    if (this.#closing || this.#isDown) return 0;
    const events = this.#sentEvents - this.#counters.get("doneEvents");
    const waiting = this.#sentBytes - this.#counters.get("doneBytes");
    if (events > 0 && waiting + bytes > this.#limits.bytes) return 0;
    return Math.min(count, this.#limits.events - events);
  }

  /** Buffers are shared with other streams: the thread gets a copy of its own. */
  #send(bytes: Uint8Array<ArrayBuffer>, count: number): void {
    const job: FrameJob = { bytes, count, loss: this.#loss };
    this.#loss = undefined;
    this.#sentEvents += count;
    this.#sentBytes += bytes.length;
    this.#post(job, [bytes.buffer]);
  }

  #post(message: ToExport, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #lose(loss: Partial<Loss>): void {
    this.#loss = addLoss(this.#loss, loss);
  }

  #refusal(reason: string): GuidestarError {
    const { file } = this.#options.config;
    return new GuidestarError(
      "FAILED_PRECONDITION",
      `cannot export to ${file}: ${reason}; --export-filename takes a file in a directory that is there`,
    );
  }
}

const restartAfterMs = 1000;
const terminateWithinMs = 500;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
