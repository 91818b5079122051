/**
 * The server of the delivery bench, a process of its own: a recording, a plugin, GetEvents on a unix
 * socket. `server.js SETUP`, JSON; tells its parent where it listens, and answers "cpu" with what
 * it took so far.
 */
import { readFileSync } from "node:fs";
import type { WriterKind } from "../../../host/api/grpcWriter.js";
import { startServer } from "../../../host/api/server.js";
import { PipelineHandle } from "../../../host/pipeline/handle.js";
import { PluginManager } from "../../../host/plugins/manager.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { memoryStorage } from "../../../host/plugins/store/storage.js";
import { cpuMicroseconds } from "../cpu.js";

export interface ServerSetup {
  readonly socket: string;
  readonly recording: string;
  readonly repeat: number;
  readonly writer: WriterKind;
  /** Modules, in order. */
  readonly plugins: readonly string[];
}

const setup = JSON.parse(process.argv[2] ?? "") as ServerSetup;
const chain = setup.plugins.map((file, n) => {
  const plugin = prepareModule(readFileSync(file));
  const { settings } = plugin;
  return { plugin, instance: n + 1, mode: "enforce", settings, uploadedMs: 0 } as const;
});
const port = await PipelineHandle.start({
  source: {
    kind: "recording",
    spec: {
      file: setup.recording,
      speed: Number.POSITIVE_INFINITY,
      ...{ rate: undefined, repeat: setup.repeat, start: "stream" },
    },
  },
  ...{ scope: "all", nodeName: "bench", processCacheSize: 65_536 },
  ...{ processCred: false, processNs: false, hostNamespaces: [] },
  plugins: chain,
});
const plugins = await PluginManager.open({ storage: memoryStorage(), prepare: prepareNothing });
await startServer({
  listen: [`unix://${setup.socket}`],
  ...{ port, plugins, version: "0", nodeName: "bench", writer: setup.writer },
  // What is measured is how fast it goes, not when it begins to lose.
  queue: { events: 100_000_000, bytes: 4 * 2 ** 30 },
});
process.on("message", () => process.send?.({ cpuUs: cpuMicroseconds() }));
// Not killed: a profile is written at exit.
process.on("disconnect", () => process.exit());
process.send?.({ ready: true });
void port.ended.then(async (error) => {
  if (error) throw error;
  const { seen, kept } = await port.status();
  process.send?.({ seen, kept });
});

async function prepareNothing(): Promise<never> {
  throw new Error("nothing is uploaded here");
}
