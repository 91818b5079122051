import type { Logger } from "../log.js";
import type { ExportStatus } from "./config.js";

const everyMs = 10_000;

/** Says every few seconds how many events did not reach the file, if there were any. */
export class LossLog {
  #told = { queueFull: 0, writeFailed: 0, rateLimited: 0, aggregation: 0 };
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly status: () => ExportStatus,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.tell(), everyMs).unref();
  }

  tell(): void {
    const { file, lostQueueFull, lostWriteFailed, rateLimited, lostAggregation } = this.status();
    const queueFull = lostQueueFull - this.#told.queueFull;
    const writeFailed = lostWriteFailed - this.#told.writeFailed;
    const limited = rateLimited - this.#told.rateLimited;
    const aggregation = lostAggregation - this.#told.aggregation;
    this.#told = {
      ...{ queueFull: lostQueueFull, writeFailed: lostWriteFailed },
      ...{ rateLimited, aggregation: lostAggregation },
    };
    if (aggregation > 0)
      this.log.warn(
        { events: aggregation },
        `export to ${file}: events LOST, as the buffer of the aggregation is full; see --export-aggregation-buffer-size`,
      );
    if (queueFull + writeFailed > 0)
      this.log.warn({ queueFull, writeFailed }, `export to ${file}: events LOST`);
    if (limited > 0) this.log.info({ events: limited }, `export to ${file}: over the rate limit`);
  }

  close(): void {
    clearInterval(this.#timer);
    this.tell();
  }
}
