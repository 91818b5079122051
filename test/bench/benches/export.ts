/** What the export costs in a flood of a given rate: the same recording is played with and without it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { exportQueueLimits } from "../../../host/export/config.js";
import { Exporter } from "../../../host/export/exporter.js";
import { createLogger } from "../../../host/log.js";
import { PipelineHandle } from "../../../host/pipeline/handle.js";
import type { FeedListener } from "../../../host/pipeline/port.js";
import { writeSyntheticRecording } from "../../support/syntheticRecording.js";
import { type Bench, figure } from "../bench.js";
import { cpuMicroseconds } from "../cpu.js";

const eventsASecond = 50_000;
const processes = 20_000;
const spec = { allow: [], deny: [] };

export const bench: Bench = {
  name: "export",
  title: `the JSON export, ${eventsASecond} events a second`,
  place: "host",
  rounds: 3,
  async start({ quick }) {
    const folder = mkdtempSync(join(tmpdir(), "guidestar-bench-"));
    const recording = join(folder, "flood.rec");
    writeSyntheticRecording(recording, { processes });
    const repeat = quick ? 2 : 8;
    return {
      variants: {
        none: () => play(recording, repeat, { frames() {}, end() {} }),
        export: () => withExport(folder, recording, repeat),
      },
      figures: [
        figure("CPU of the export", "µs/event", (m) => m("export.cpuUs") - m("none.cpuUs")),
        figure("main thread busy", "%", (m) => m("export.busy")),
        figure("main thread delayed, 99th percentile", "ms", (m) => m("export.delayMs")),
        figure("lost", "events", (m) => m("export.lost"), { most: 0 }),
        figure("written", "MB/s", (m) => m("export.megabytes")),
      ],
      close: () => rmSync(folder, { recursive: true }),
    };
  },
};

async function withExport(folder: string, recording: string, repeat: number) {
  const exporter = await Exporter.start({
    config: {
      ...{ file: join(folder, "events.json"), spec, maxFileBytes: 10 << 20, maxBackups: 5 },
      ...{ rotationIntervalMs: undefined, compress: false, mode: 0o600 },
      ...{ ratePerMinute: -1, queue: exportQueueLimits },
    },
    nodeName: "bench",
    log: createLogger("warn", "text"),
  });
  const played = await play(recording, repeat, exporter, async () => {
    while (exporter.status.queued > 0) await sleep(5);
  });
  const { bytes, lostQueueFull } = exporter.status;
  await exporter.close();
  return { ...played, lost: lostQueueFull, megabytes: bytes / played.seconds / 1e6 };
}

async function play(
  file: string,
  repeat: number,
  listener: FeedListener,
  drained = async () => {},
) {
  // Three records make two events.
  const rate = Math.round(eventsASecond * 1.5);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const cpuBefore = cpuMicroseconds();
  const mainBefore = performance.eventLoopUtilization();
  const startMs = performance.now();
  delay.enable();
  const pipeline = await PipelineHandle.start({
    source: { kind: "recording", spec: { file, speed: 1, rate, repeat, start: "stream" } },
    ...{ scope: "all", nodeName: "bench", processCacheSize: 65536 },
    ...{ processCred: false, processNs: false, hostNamespaces: [] },
    firstListeners: [{ spec, listener }],
  });
  await pipeline.ended;
  await drained();
  delay.disable();
  const seconds = (performance.now() - startMs) / 1000;
  const { seen } = await pipeline.status();
  await pipeline.close();
  return {
    cpuUs: (cpuMicroseconds() - cpuBefore) / seen,
    busy: 100 * performance.eventLoopUtilization(mainBefore).utilization,
    delayMs: delay.percentile(99) / 1e6,
    seconds,
  };
}
