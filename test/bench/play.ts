import { PipelineHandle } from "../../host/pipeline/handle.js";
import type { FeedListener } from "../../host/pipeline/port.js";
import type { PluginSetup } from "../../host/plugins/prepared.js";
import { cpuMicroseconds } from "./cpu.js";

export interface PlayOptions {
  readonly recording: string;
  /** Of calls in the recording, times `repeat`; execs may come besides. */
  readonly events: number;
  readonly repeat: number;
  /** Streams of one filter. Default 1. */
  readonly streams?: number;
  readonly plugins?: readonly PluginSetup[];
}

/**
 * Plays a recording as fast as it goes, and counts what comes. @returns CPU time of all threads,
 * µs an event, from when a third has come: until then code is compiled
 */
export async function play(options: PlayOptions): Promise<number> {
  const { recording: file, events, repeat, streams = 1, plugins = [] } = options;
  const spec = { allow: [], deny: [] };
  let [delivered, from, fromUs] = [0, 0, 0];
  const counter: FeedListener = {
    frames({ count }) {
      delivered += count;
      if (from > 0 || delivered < (events * repeat) / 3) return;
      from = delivered;
      fromUs = cpuMicroseconds();
    },
    end() {},
  };
  const others = Array.from({ length: streams - 1 }, () => ({ frames() {}, end() {} }));
  const pipeline = await PipelineHandle.start({
    source: {
      kind: "recording",
      spec: { file, speed: Number.POSITIVE_INFINITY, rate: undefined, repeat, start: "now" },
    },
    ...{ scope: "all", nodeName: "bench", processCacheSize: 65_536, plugins },
    ...{ processCred: false, processNs: false, hostNamespaces: [] },
    firstListeners: [counter, ...others].map((listener) => ({ spec, listener })),
  });
  const error = await pipeline.ended;
  const usedUs = cpuMicroseconds() - fromUs;
  await pipeline.close();
  if (error) throw error;
  if (delivered < events * repeat) throw new Error(`${delivered} of ${events * repeat} came`);
  return usedUs / (delivered - from);
}
