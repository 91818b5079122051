/** What a stream with a plugin of its own costs: many at a time, their start and their memory. */
import { setTimeout as sleep } from "node:timers/promises";
import { StreamPlugins } from "../../../host/pipeline/streamPlugins.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { Packer } from "../../../host/plugins/runtime/packer.js";
import { compileJob, Scene } from "../../host/plugins/events.js";
import { compileExample } from "../../host/plugins/testPlugin.js";
import { type Bench, figure } from "../bench.js";

export const bench: Bench = {
  name: "stream-plugins",
  title: "streams with a plugin of their own",
  place: "host",
  rounds: 3,
  async start({ quick }) {
    const count = quick ? 100 : 500;
    const plugin = prepareModule(await compileExample("package-noise"));
    const packer = new Packer();
    const events = compileJob(new Scene(), 100);
    const { settings } = plugin;
    const start = (n: number) => {
      const setup = { plugin, instance: n + 1, mode: "enforce", settings, uploadedMs: 0 } as const;
      return StreamPlugins.start([setup], { packer }, 1, false);
    };
    return {
      variants: {
        streams: async () => {
          let streams: StreamPlugins[] = [];
          const before = await bytesInUse();
          const startedMs = performance.now();
          for (let n = 0; n < count; n++) streams.push(await start(n));
          const startMs = (performance.now() - startedMs) / count;
          const ranMs = performance.now();
          for (const stream of streams) stream.run(events);
          const ns = ((performance.now() - ranMs) * 1e6) / (count * events.length);
          const kibEach = ((await bytesInUse()) - before) / count / 1024;
          streams = [];
          return { startMs, ns, kibEach, leftMib: ((await bytesInUse()) - before) / 2 ** 20 };
        },
      },
      figures: [
        figure("start of one", "ms", (m) => m("streams.startMs")),
        figure("memory of one", "KiB", (m) => m("streams.kibEach")),
        figure("an event and stream", "ns", (m) => m("streams.ns")),
        figure("left when all are gone", "MiB", (m) => m("streams.leftMib")),
      ],
    };
  },
};

/** Memories of modules go after the objects that own them: a second round finds them. */
async function bytesInUse(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await sleep(50);
  }
  return process.memoryUsage().rss;
}
