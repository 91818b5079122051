/**
 * What the export costs in a flood. Not a test: it prints figures.
 * Run `npm run build` first, then `node dist/test/bench/export.js [EVENTS_A_SECOND]`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { exportQueueLimits } from "../../host/export/config.js";
import { Exporter } from "../../host/export/exporter.js";
import { createLogger } from "../../host/log.js";
import { PipelineHandle } from "../../host/pipeline/handle.js";
import { writeSyntheticRecording } from "../support/syntheticRecording.js";

const eventsASecond = Number(process.argv[2] ?? 50_000);
const processes = 20_000;
const repeat = Math.max(1, Math.round((eventsASecond * 8) / (2 * processes)));

const folder = mkdtempSync(join(tmpdir(), "guidestar-bench-"));
const recording = join(folder, "flood.rec");
writeSyntheticRecording(recording, { processes });
const spec = { allow: [], deny: [] };
const exporter = await Exporter.start({
  config: {
    ...{ file: join(folder, "events.json"), spec, maxFileBytes: 10 << 20, maxBackups: 5 },
    ...{ rotationIntervalMs: undefined, compress: process.argv[3] === "compress", mode: 0o600 },
    ...{ ratePerMinute: -1, queue: exportQueueLimits },
  },
  nodeName: "bench",
  log: createLogger("warn", "text"),
});
// Three records make two events.
const rate = Math.round(eventsASecond * 1.5);
const delay = monitorEventLoopDelay({ resolution: 5 });
const cpuBefore = process.cpuUsage();
const mainBefore = performance.eventLoopUtilization();
const startMs = performance.now();
delay.enable();
const pipeline = await PipelineHandle.start({
  source: {
    kind: "recording",
    spec: { file: recording, speed: 1, rate, repeat, start: "stream" },
  },
  ...{ scope: "all", nodeName: "bench", processCacheSize: 65536 },
  ...{ processCred: false, processNs: false, hostNamespaces: [] },
  firstListeners: [{ spec, listener: exporter }],
});
await pipeline.ended;
while (exporter.status.queued > 0) await sleep(5);
delay.disable();
const seconds = (performance.now() - startMs) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const { seen } = await pipeline.status();
const { written, bytes, lostQueueFull, rotations } = exporter.status;
const main = performance.eventLoopUtilization(mainBefore).utilization;
console.log(
  [
    `${seen} events in ${seconds.toFixed(1)} s (${Math.round(seen / seconds)}/s)`,
    `${written} written, ${lostQueueFull} lost, ${rotations} rotations`,
    `${(bytes / seconds / 1e6).toFixed(1)} MB/s`,
    `all threads: ${((cpu.user + cpu.system) / 1e6 / seconds).toFixed(2)} cores`,
    `main thread: ${(100 * main).toFixed(1)} % busy, delayed ${(delay.percentile(99) / 1e6).toFixed(1)} ms (99th percentile, 5 of them the resolution), ${(delay.max / 1e6).toFixed(0)} ms at most`,
  ].join("\n"),
);
await pipeline.close();
await exporter.close();
rmSync(folder, { recursive: true });
