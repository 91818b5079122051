/** An export loop on real files, with a clock and troubles that the test makes. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Clock } from "../../../host/export/clock.js";
import { type ExportConfig, exportQueueLimits } from "../../../host/export/config.js";
import { ExportCounters } from "../../../host/export/counters.js";
import { type Files, realFiles } from "../../../host/export/files.js";
import { ExportLoop, type FrameJob } from "../../../host/export/loop.js";
import type { Loss } from "../../../host/stream/loss.js";
import type { fgs } from "../../../proto/generated/api.js";
import { execs, frames } from "../api/fakePort.js";

export function configOf(file: string, more: Partial<ExportConfig> = {}): ExportConfig {
  return {
    file,
    spec: { allow: [], deny: [] },
    maxFileBytes: 10 << 20,
    rotationIntervalMs: undefined,
    maxBackups: 0,
    compress: false,
    mode: 0o600,
    ratePerMinute: -1,
    queue: exportQueueLimits,
    ...more,
  };
}

export class FakeClock implements Clock {
  nowMs = Date.parse("2026-01-31T12:00:00.000Z");
  /** What the wall clock shows more than that. */
  wallAheadMs = 0;
  wallMs = () => this.nowMs + this.wallAheadMs;
  monotonicMs = () => this.nowMs;
}

export function errno(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made by the test`), { code });
}

/** Real files, but for the calls that the test lets fail. */
export class TroubledFiles {
  /** What throws, and with which code. */
  readonly failing = new Map<keyof Files, string>();
  /** Bytes that can still be written before the disk is full; undefined: enough. */
  room: number | undefined;

  readonly files: Files = new Proxy(realFiles, {
    get: (files, name: keyof Files) => {
      const code = this.failing.get(name);
      if (code !== undefined)
        return () => {
          throw errno(code);
        };
      return name === "write" ? this.#write : files[name];
    },
  });

  #write: Files["write"] = (fd, bytes, offset, length) => {
    if (this.room === undefined) return realFiles.write(fd, bytes, offset, length);
    if (this.room === 0) throw errno("ENOSPC");
    const written = realFiles.write(fd, bytes, offset, Math.min(length, this.room));
    this.room -= written;
    return written;
  };
}

export interface TestLoop {
  readonly loop: ExportLoop;
  readonly clock: FakeClock;
  readonly troubles: TroubledFiles;
  readonly counters: ExportCounters;
  /** Reasons of failures, `undefined` where it worked again. */
  readonly failures: (string | undefined)[];
  readonly told: string[];
}

export function startLoop(config: ExportConfig, clock = new FakeClock()): TestLoop {
  const troubles = new TroubledFiles();
  const counters = new ExportCounters();
  const failures: (string | undefined)[] = [];
  const told: string[] = [];
  const loop = new ExportLoop({
    config,
    nodeName: "node",
    counters,
    clock,
    files: troubles.files,
    onFailure: (reason) => failures.push(reason?.message),
    onTrouble: ({ message }) => told.push(message),
    onRotated: () => {},
  });
  return { loop, clock, troubles, counters, failures, told };
}

/** Exec events with sequence numbers from `first`; all lines are of about the same length. */
export function events(first: number, count: number): fgs.GetEventsResponse.$Properties[] {
  return execs(first, count).map((event, i) => ({
    ...event,
    process_exec: {
      process: { ...event.process_exec?.process, exec_id: "id", start_time: time },
    },
    time: { ...time, nanos: i + 1 },
  }));
}

const time = { seconds: 1_700_000_000, nanos: 1 };

export function job(first: number, count: number, loss?: Loss): FrameJob {
  return { bytes: frames(events(first, count)).bytes, count, loss };
}

export interface Line {
  readonly sequence: string;
  readonly lost?: Readonly<Record<string, string>>;
  readonly rate_limit_info?: object;
  readonly process_exec?: { readonly process: { readonly pid: number } };
}

/** @throws if the file does not consist of whole lines that are JSON */
export function linesIn(file: string): Line[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
  if (text !== "" && !text.endsWith("\n")) throw new Error(`${file} ends with half a line`);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

/** Sequence numbers in the file. */
export function sequencesIn(file: string): number[] {
  return linesIn(file).map(({ sequence }) => Number(sequence));
}

/** Sequence numbers in all files of the folder, file by file: rotated ones in order, then the others. */
export function sequencesByFile(folder: string, last = "events.json"): number[][] {
  const names = readdirSync(folder).filter((name) => name !== last);
  const files = [...names.sort(), ...(readdirSync(folder).includes(last) ? [last] : [])];
  return files.map((name) => sequencesIn(join(folder, name)));
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
