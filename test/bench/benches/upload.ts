/** An upload under a flood: until it is in force, and how long the events stood still meanwhile. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../../host/api/client.js";
import { startDaemon } from "../../../host/daemon.js";
import { createLogger } from "../../../host/log.js";
import { projectFolder } from "../../../host/plugins/build.js";
import { writeSyntheticRecording } from "../../support/syntheticRecording.js";
import { type Bench, figure } from "../bench.js";

/** Records, of which two in three are events. */
const recordsPerSecond = 150_000;

export const bench: Bench = {
  name: "upload",
  title: "uploading a plugin under 100,000 events a second",
  place: "host",
  rounds: 9,
  async start() {
    const folder = mkdtempSync(join(tmpdir(), "guidestar-bench-"));
    const recording = join(folder, "flood.rec");
    writeSyntheticRecording(recording, { processes: 30_000 });
    const address = `unix://${folder}/g.sock`;
    const daemon = await startDaemon({
      source: `recording:${recording}?rate=${recordsPerSecond}&repeat=1000`,
      ...{ scope: { kind: "all" }, nodeName: "bench", ringBytes: 16 << 20 },
      ...{ processCacheSize: 65_536, processCred: false, processNs: false },
      ...{ log: createLogger("error", "text"), listen: [address], tls: undefined },
      ...{ insecure: false, eventQueueSize: 1_000_000, policies: {}, pluginDir: join(folder, "p") },
    });
    const client = await connect({ serverAddress: address });
    // A stream sets the recording off, and gets nothing that would slow down this thread.
    const stream = client.sensors.getEvents({ allow_list: [{ binary_regex: ["^/none$"] }] });
    void (async () => {
      for await (const _event of stream);
    })().catch(() => {});
    await stream.ready;
    const bytes = readFileSync(join(projectFolder, "dist/plugins/examples/shell-alarm.wasm"));
    const seen = async () => (await daemon.pipeline.status()).seen;
    return {
      variants: {
        upload: async () => {
          const gaps = watchGaps(daemon.pipeline);
          const from = await seen();
          const startedMs = performance.now();
          await client.plugins.upload(bytes, { name: "alarm" });
          const ms = performance.now() - startedMs;
          const events = ((await seen()) - from) / (ms / 1000);
          return { ms, stall: await gaps.stop(), events };
        },
        idle: async () => {
          const gaps = watchGaps(daemon.pipeline);
          await new Promise((resolve) => setTimeout(resolve, 100));
          return { stall: await gaps.stop() };
        },
      },
      figures: [
        figure("20 kB plugin, upload to active", "ms", (m) => m("upload.ms"), { most: 100 }),
        figure("pipeline does not answer for", "ms", (m) => m("upload.stall"), { most: 10 }),
        figure("the same without an upload", "ms", (m) => m("idle.stall")),
        figure("events meanwhile", "events/s", (m) => m("upload.events")),
      ],
      close: async () => {
        stream.cancel();
        client.close();
        await daemon.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
};

/** Asks the pipeline again and again: the longest that it took to answer, ms. */
function watchGaps(pipeline: { status(): Promise<unknown> }) {
  let isDone = false;
  let longest = 0;
  const watching = (async () => {
    while (!isDone) {
      const startedMs = performance.now();
      await pipeline.status();
      longest = Math.max(longest, performance.now() - startedMs);
    }
  })();
  return {
    stop: async () => {
      isDone = true;
      await watching;
      return longest;
    },
  };
}
