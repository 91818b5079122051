import { Decoder } from "../../events/decoder.js";
import type { Event } from "../../events/model.js";
import { ProcessCache } from "../../events/processCache.js";
import { RecordingSource } from "../../source/recording.js";
import type { PluginCounts, PreparedPlugin } from "../prepared.js";
import { chainOfOne } from "./chainOfOne.js";

export interface RecordingResult {
  readonly events: number;
  readonly counts: PluginCounts;
  readonly log: readonly string[];
}

/**
 * Plays a recording through a plugin, in batches as a daemon does, as fast as it goes. `show` is called
 * with each event that the plugin dropped, annotated or made.
 */
export async function runRecording(
  prepared: PreparedPlugin,
  file: string,
  options: {
    readonly settings?: unknown;
    readonly show?: (event: Event, fate: string) => void;
  } = {},
): Promise<RecordingResult> {
  const { settings = "", show = () => {} } = options;
  let nowMs = 0;
  const log: string[] = [];
  const chain = await chainOfOne(prepared, settings, {
    nowMs: () => nowMs,
    onLog: (_, level, line) => log.push(`${level}: ${line}`),
  });
  const source = await RecordingSource.open({
    ...{ file, rate: undefined, speed: Number.POSITIVE_INFINITY, repeat: 1, start: "now" },
  });
  const cache = new ProcessCache(65_536);
  const { layout, bootToWallNs, header } = source;
  const decoder = new Decoder({ layout, cache, nodeName: header.nodeName, bootToWallNs });
  let events = 0;
  const showMade = () => {
    for (const event of chain.takeMade()) show(event, "made");
  };
  try {
    for (;;) {
      const batch: Event[] = [];
      const records = source.read(1024, (bytes, view, offset, size) => {
        let event = decoder.decode(bytes, view, offset, size);
        for (; event; event = decoder.more()) batch.push(event);
      });
      for (const event of batch) event.sequence = ++events;
      const last = batch.at(-1);
      if (last) nowMs = Number(last.timeNs / 1_000_000n);
      chain.tick();
      const kept = new Set(chain.run(batch));
      for (const event of batch) {
        if (!kept.has(event)) show(event, "drop");
        else if (event.annotations) show(event, "keep");
      }
      showMade();
      if (records === 0 && (await source.wait(100)) === "ended") break;
    }
    chain.tick(true);
    showMade();
  } finally {
    source.close();
  }
  return { events, counts: chain.list()[0]?.counts as PluginCounts, log };
}
