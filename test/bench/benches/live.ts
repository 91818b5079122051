/** From the kernel of this machine to a client: a burst of calls as fast as one core makes them. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { toNumber } from "../../../host/api/numbers.js";
import { EventType } from "../../../host/events/model.js";
import { Gated, workload } from "../../bpf/core/harness.js";
import { type Bench, figure } from "../bench.js";
import { BenchDaemon } from "../live/daemon.js";

const plugin = fileURLToPath(
  new URL("../../../plugins/examples/connections.wasm", import.meta.url),
);

export const bench: Bench = {
  name: "live",
  title:
    "a burst of a policy's calls, one plugin, one client, with and without processes that start",
  place: "host",
  rounds: 3,
  async start({ quick }) {
    const calls = quick ? 200_000 : 1_000_000;
    const processes = quick ? 1000 : 5000;
    return {
      variants: {
        alone: () => burst(calls, 0),
        starting: () => burst(calls, processes),
      },
      figures: [
        figure("delivered", "% of calls", (m) => m("alone.delivered"), { least: 100 }),
        figure("calls", "/s", (m) => m("alone.rate")),
        figure("CPU of the daemon", "µs/event", (m) => m("alone.cpu")),
        figure(`... while ${processes} processes start`, "% of calls", (m) =>
          m("starting.delivered"),
        ),
        figure("process events lost", "", (m) => m("starting.lost"), { most: 0 }),
      ],
    };
  },
};

async function burst(calls: number, processes: number): Promise<Record<string, number>> {
  const command = [workload("burst"), String(calls), String(processes), workload("nop")];
  const gated = new Gated(command);
  const flags = ["--scope-pid", String(gated.pid), "--event-queue-size", "2000000"];
  const daemon = await BenchDaemon.start(flags, true);
  try {
    const client = await daemon.client();
    await client.plugins.upload(readFileSync(plugin));
    const seeks = await daemon.subscribe([EventType.KPROBE]);
    const starts = await daemon.subscribe([EventType.EXEC, EventType.EXIT]);
    const before = daemon.cpuUs();
    const startedMs = performance.now();
    gated.open();
    await once(gated.child, "exit");
    const seconds = (performance.now() - startedMs) / 1000;
    await seeks.until(calls, 3000);
    // The burst itself, its child that makes the calls, and those that it starts.
    const whole = 2 * processes + 3;
    await starts.until(whole, 3000);
    const { pipeline } = await client.node.getStatus();
    const counted = toNumber(pipeline?.lost_ring_process);
    return {
      delivered: (100 * Math.min(seeks.events, calls)) / calls,
      rate: calls / seconds,
      cpu: (daemon.cpuUs() - before) / seeks.events,
      lost: Math.max(counted, whole - starts.events),
    };
  } finally {
    gated.kill();
    await daemon.close();
  }
}
