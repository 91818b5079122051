/**
 * A recording through decoder, one native plugin and encoder to one HTTP/2 client in another process:
 * what the server's process takes, all threads of it, and how much arrives.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { WriterKind } from "../../../host/api/grpcWriter.js";
import { compilePlugin } from "../../host/plugins/testPlugin.js";
import { type Bench, figure } from "../bench.js";
import { cpuMicroseconds } from "../cpu.js";
import { countEvents } from "../delivery/client.js";
import { writeCallRecording } from "../delivery/recording.js";
import type { ServerSetup } from "../delivery/server.js";

/** Reads two texts and a number of each call; none is dropped. */
const plugin = `
  import { Event, Verdict } from "guidestar";
  export function onEvent(event: Event): Verdict {
    const call = event.kprobe;
    if (event.process.binary.equals("/usr/sbin/noise")) return Verdict.Drop;
    if (call.args[0].path.startsWith("/proc/")) return Verdict.Drop;
    return call.args[1].int == 65 ? Verdict.Drop : Verdict.Keep;
  }`;

const recorded = 100_000;

export const bench: Bench = {
  name: "delivery",
  title: "recording → decode → plugin → encode → one HTTP/2 client",
  place: "host",
  async start({ quick }) {
    const folder = mkdtempSync(join(tmpdir(), "guidestar-bench-"));
    const recording = join(folder, "calls.rec");
    const module = join(folder, "plugin.wasm");
    writeCallRecording(recording, { processes: 100, calls: recorded });
    writeFileSync(module, await compilePlugin(plugin, { events: ["kprobe"] }));
    const of = (writer: WriterKind, plugins: readonly string[], repeat: number) =>
      deliver({ socket: join(folder, "s.sock"), recording, repeat, writer, plugins });
    const long = quick ? 5 : 15;
    return {
      variants: {
        frames: () => of("frames", [module], long),
        messages: () => of("messages", [module], 3),
        bare: () => of("frames", [], long),
      },
      figures: [
        figure("server CPU", "µs/event", (m) => m("frames.serverUs"), { most: 1.5 }),
        figure(
          "server CPU",
          "×",
          (m) => m("frames.serverUs") / m("messages.serverUs"),
          { most: 0.25 },
          "one call.write a message",
        ),
        figure("delivered", "events/s", (m) => m("frames.perSecond"), { least: 700_000 }),
        figure("server CPU without a plugin", "µs/event", (m) => m("bare.serverUs")),
        figure("client CPU", "µs/event", (m) => m("frames.clientUs")),
        figure("bytes on the wire", "/event", (m) => m("frames.bytes")),
      ],
      close: () => rmSync(folder, { recursive: true }),
    };
  },
};

/** CPU time from when a third of the events has come, until then code is compiled, to the end. */
async function deliver(setup: ServerSetup) {
  const server = fork(fileURLToPath(new URL("../delivery/server.js", import.meta.url)), [
    JSON.stringify(setup),
  ]);
  const told = (key: string) =>
    new Promise<Record<string, number>>((resolve, reject) => {
      const listen = (message: Record<string, number>) => {
        if (!(key in message)) return;
        server.off("message", listen);
        resolve(message);
      };
      server.on("message", listen);
      server.once("exit", () => reject(new Error("the server of the bench ended early")));
    });
  const cpu = async () => {
    const answer = told("cpuUs");
    server.send("cpu");
    return (await answer).cpuUs as number;
  };
  try {
    await told("ready");
    const expected = recorded * setup.repeat;
    let clientBefore = 0;
    let from: Promise<{ cpuUs: number; events: number }> | undefined;
    const { events, bytes, seconds, lost } = await countEvents(setup.socket, {
      events: expected / 3,
      reached: (events) => {
        clientBefore = cpuMicroseconds();
        from = cpu().then((cpuUs) => ({ cpuUs, events }));
      },
    });
    const clientTookUs = cpuMicroseconds() - clientBefore;
    const start = await from;
    if (!start) throw new Error(`only ${events} events came`);
    const measured = events - start.events;
    const clientUs = clientTookUs / measured;
    const serverUs = ((await cpu()) - start.cpuUs) / measured;
    if (events < expected || lost > 0)
      throw new Error(`${events} of ${expected} came, ${lost} were lost`);
    return { serverUs, clientUs, perSecond: events / seconds, bytes: bytes / events };
  } finally {
    server.disconnect();
  }
}
