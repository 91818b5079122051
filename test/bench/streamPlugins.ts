/**
 * What a stream with a plugin of its own costs: 500 at a time, their start and their memory.
 * `node dist/test/bench/streamPlugins.js [COUNT]`
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { StreamPlugins } from "../../host/pipeline/streamPlugins.js";
import { prepareModule } from "../../host/plugins/prepareModule.js";
import { Packer } from "../../host/plugins/runtime/packer.js";
import { compileJob, Scene } from "../host/plugins/events.js";
import { compileExample } from "../host/plugins/testPlugin.js";

const count = Number(process.argv[2] ?? 500);
const plugin = prepareModule(await compileExample("package-noise"));
const packer = new Packer();
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
/** Memories of modules go after the objects that own them: a second round finds them. */
const bytesInUse = async () => {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage().rss;
};

let streams: StreamPlugins[] = [];
const before = await bytesInUse();
const startedMs = performance.now();
for (let n = 0; n < count; n++) {
  const { settings } = plugin;
  const setup = { plugin, instance: n + 1, mode: "enforce", settings, uploadedMs: 0 } as const;
  streams.push(await StreamPlugins.start([setup], { packer }, 1, false));
}
const startMs = (performance.now() - startedMs) / count;
const events = compileJob(new Scene(), 100);
const ranMs = performance.now();
for (const stream of streams) stream.run(events);
const nsAnEvent = ((performance.now() - ranMs) * 1e6) / (count * events.length);
const each = ((await bytesInUse()) - before) / count;
streams = [];
const left = (await bytesInUse()) - before;
console.log(
  `${count} streams: ${startMs.toFixed(2)} ms to start one, ${(each / 1024).toFixed(0)} KiB each, ${nsAnEvent.toFixed(0)} ns an event and stream; ${(left / 1024 / 1024).toFixed(1)} MiB more than before when all are gone`,
);
