import { timestampText } from "../json/time.js";
import { eventTranscoder } from "../json/transcode.js";
import { jsonString } from "../json/write.js";
import { addLoss, type Loss, noLoss, withLoss } from "../stream/loss.js";
import type { Clock } from "./clock.js";
import type { ExportConfig } from "./config.js";
import type { ExportCounters } from "./counters.js";
import { type Files, realFiles } from "./files.js";
import { LineBatch } from "./lineBatch.js";
import { RateLimit } from "./rateLimit.js";
import { RotatingFile } from "./rotatingFile.js";

/** Frames to write: gRPC messages, each an `fgs.GetEventsResponse`. */
export interface FrameJob {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** What was lost before the first of them. */
  readonly loss: Loss | undefined;
}

export interface LoopParts {
  readonly config: ExportConfig;
  readonly nodeName: string;
  readonly counters: ExportCounters;
  readonly clock: Clock;
  readonly files?: Files;
  /** Told when nothing can be written any more, and why; undefined: it works again. */
  readonly onFailure: (reason: Error | undefined) => void;
  readonly onTrouble: (error: Error) => void;
  readonly onRotated: () => void;
}

/**
 * Frames to lines to the file, in order. While the file cannot be written, what came waits, and
 * each `tick` tries again; how much may wait is for the caller to bound.
 */
export class ExportLoop {
  readonly #parts: LoopParts;
  readonly #file: RotatingFile;
  readonly #limit: RateLimit;
  readonly #transcode = eventTranscoder();
  /** What waits; the first is in `#lines` in part or whole. */
  readonly #jobs: (FrameJob | string)[] = [];
  readonly #lines = new LineBatch();
  #isBegun = false;
  /** A loss whose event was not written itself. */
  #loss: Loss | undefined;
  #isFailing = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#limit = new RateLimit(parts.config.ratePerMinute, parts.clock.monotonicMs());
    this.#file = new RotatingFile({
      config: parts.config,
      files: parts.files ?? realFiles,
      clock: parts.clock,
      onRotated: () => {
        parts.counters.add("rotations", 1);
        parts.onRotated();
      },
      onRotationFailed: parts.onTrouble,
    });
  }

  /** Opens the file. @throws what the file system throws */
  open(): void {
    this.#file.open();
  }

  push(job: FrameJob): void {
    this.#jobs.push(job);
    if (!this.#isFailing) this.#work();
  }

  /** Call it a few times a second. */
  tick(): void {
    const dropped = this.#limit.report(this.#parts.clock.monotonicMs());
    if (dropped > 0) this.#jobs.push(this.#rateLine(dropped));
    this.#work();
    if (!this.#isFailing) this.#try(() => this.#file.rotateIfOld());
  }

  /** Opens the file anew, as after someone else has rotated it. */
  reopen(): void {
    this.#try(() => {
      this.#file.close();
      this.#file.open();
    });
    this.#work();
  }

  /** Writes what waits if that is possible, and counts it as lost if not. */
  close(): void {
    const dropped = this.#limit.lastReport(this.#parts.clock.monotonicMs());
    if (dropped > 0) this.#jobs.push(this.#rateLine(dropped));
    this.#work();
    for (const job of this.#jobs.splice(0)) {
      if (typeof job === "string") continue;
      this.#parts.counters.add("failed", this.#isBegun ? this.#lines.left : job.count);
      this.#isBegun = false;
      this.#done(job);
    }
    try {
      this.#file.close();
    } catch (error) {
      this.#parts.onTrouble(error as Error);
    }
  }

  #work(): void {
    this.#try(() => {
      // It works again only if that does, even when nothing waits to be written.
      if (this.#isFailing) this.#file.open();
      for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) {
        if (!this.#isBegun) this.#begin(job);
        this.#write(typeof job !== "string");
        this.#isBegun = false;
        this.#jobs.shift();
        if (typeof job !== "string") this.#done(job);
      }
    });
  }

  /** Makes the job's lines, once: half of them may be written when the disk is full. */
  #begin(job: FrameJob | string): void {
    this.#lines.clear();
    this.#isBegun = true;
    if (typeof job === "string") this.#lines.add(job);
    else this.#encode(job);
  }

  #encode({ bytes, count, loss }: FrameJob): void {
    const { counters, clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    const frames = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (loss) this.#lose(loss);
    let trouble: Error | undefined;
    let at = 0;
    for (let frame = 0; frame < count; frame++) {
      // Whatever is wrong with an event, the others are written, and all are counted.
      try {
        const start = at;
        at += framePrefixBytes + frames.readUInt32BE(at + 1);
        if (!this.#limit.take(nowMs)) {
          counters.add("rateLimited", 1);
          continue;
        }
        const whole = frames.subarray(start, at);
        const framed = this.#loss ? withLoss(whole, this.#loss) : whole;
        this.#lines.add(this.#transcode(framed.subarray(framePrefixBytes)));
        this.#loss = undefined;
      } catch (error) {
        counters.add("failed", 1);
        this.#lose({ ...noLoss(), slowClient: 1 });
        trouble = error as Error;
      }
    }
    if (trouble) this.#parts.onTrouble(trouble);
  }

  #write(areEvents: boolean): void {
    const { counters } = this.#parts;
    const lines = this.#lines;
    const first = lines.next;
    try {
      this.#file.write(lines);
    } finally {
      const bytes = lines.endOf(lines.next - 1) - lines.endOf(first - 1);
      counters.add("writtenBytes", bytes);
      if (areEvents) counters.add("written", lines.next - first);
    }
  }

  #try(act: () => void): void {
    try {
      act();
      this.#setFailure(undefined);
    } catch (error) {
      this.#setFailure(error as Error);
    }
  }

  #setFailure(error: Error | undefined): void {
    const isFailing = error !== undefined;
    if (isFailing === this.#isFailing) return;
    this.#isFailing = isFailing;
    this.#parts.counters.set("failing", isFailing ? 1 : 0);
    this.#parts.onFailure(error);
  }

  #lose(loss: Loss): void {
    this.#loss = addLoss(this.#loss, loss);
  }

  #done({ bytes, count }: FrameJob): void {
    this.#parts.counters.add("doneEvents", count);
    this.#parts.counters.add("doneBytes", bytes.length);
  }

  #rateLine(dropped: number): string {
    const { clock, nodeName } = this.#parts;
    const nowMs = clock.wallMs();
    const seconds = Math.floor(nowMs / 1000);
    const time = timestampText({ seconds, nanos: Math.floor(nowMs - seconds * 1000) * 1_000_000 });
    const info = `{"number_of_dropped_process_events":${dropped}}`;
    return `{"rate_limit_info":${info},"node_name":${jsonString(nodeName)},"time":"${time}"}`;
  }
}

const framePrefixBytes = 5;
