import type { ServerWritableStream } from "@grpc/grpc-js";
import type { guidestar } from "../../proto/generated/api.js";
import type { LogHub, PluginLogLine } from "../plugins/logHub.js";
import { serverStream } from "./handlers.js";
import { toTimestamp } from "./pluginMessages.js";
import { pluginsService } from "./services.js";

/** Lines that wait for a client that does not read; what comes then is lost to it, and counted. */
const mostWaiting = 1000;

/** `exists`: rejects if there is no plugin of that name. */
export function pluginLogsHandler(logs: LogHub, exists: (name: string) => Promise<unknown>) {
  return serverStream(pluginsService.Logs, async (call) => {
    const { name, follow, tail } = call.request;
    const last = logs.last(name, tail);
    // What a plugin that is gone said can still be read.
    if (name !== "" && logs.last(name, 1).length === 0) await exists(name);
    const writer = new LineWriter(call);
    for (const line of last) writer.add(line);
    if (!follow) return void call.end();
    const stop = logs.follow((line) => {
      if (name === "" || line.plugin === name) writer.add(line);
    });
    call.once("cancelled", stop);
  });
}

type Call = ServerWritableStream<guidestar.PluginLogsRequest, guidestar.PluginLogLine.$Properties>;

class LineWriter {
  readonly #waiting: PluginLogLine[] = [];
  #lost = 0;
  #isFull = false;

  constructor(readonly call: Call) {
    call.on("drain", () => {
      this.#isFull = false;
      while (!this.#isFull) {
        const line = this.#waiting.shift();
        if (line === undefined) return;
        this.#write(line);
      }
    });
  }

  add(line: PluginLogLine): void {
    if (!this.#isFull) this.#write(line);
    else if (this.#waiting.length < mostWaiting) this.#waiting.push(line);
    else this.#lost++;
  }

  #write({ plugin, timeMs, level, text }: PluginLogLine): void {
    const lost = this.#lost;
    this.#lost = 0;
    this.#isFull = !this.call.write({ plugin, time: toTimestamp(timeMs), level, text, lost });
  }
}
