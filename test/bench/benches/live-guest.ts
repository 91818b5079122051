/**
 * A whole daemon on a kernel of its own, with one client on bare HTTP/2. Goals are parts of what Tetragon
 * 0.10 takes in the same guest; milliseconds hold for an idle machine only.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { EventType } from "../../../host/events/model.js";
import { workload } from "../../bpf/core/harness.js";
import { type Bench, figure, type Measured } from "../bench.js";
import { BenchDaemon, policyYaml } from "../live/daemon.js";

const calls = (count: number, rate: number) =>
  spawn(workload("burst"), [String(count), "0", workload("nop"), String(rate)], {
    stdio: "ignore",
    // A group of its own: the calls are made by its child.
    detached: true,
  });
const swarm = (count: number) => [workload("swarm"), String(count), "1", workload("nop")];
const processEvents = [EventType.EXEC, EventType.EXIT];

export const bench: Bench = {
  name: "live-guest",
  title: "a daemon that watches everything: start, policies, loss, CPU",
  place: "guest",
  rounds: 2,
  async start({ quick }) {
    const processes = quick ? 100 : 500;
    const flood = quick ? 20_000 : 100_000;
    const slowDown = (m: Measured) => m("watched.ms") / m("unwatched");
    return {
      variants: {
        unwatched: () => timeMs(swarm(processes)),
        watched: () => lifecycles(processes),
        policy: () => policy(quick ? 2000 : 8000, flood),
      },
      figures: [
        figure("start to first event", "s", (m) => m("watched.startMs") / 1000, { most: 4 }),
        figure("exec flood, with one client", "×", slowDown, { most: 1.2 }, "no daemon"),
        figure("CPU a process, with one client", "ms", (m) => m("watched.cpuMs"), {
          most: 5.9 / 3,
        }),
        figure("process events delivered", "%", (m) => m("watched.delivered"), { least: 100 }),
        figure("adding a policy to its first event", "s", (m) => m("policy.addMs") / 1000, {
          most: 31 / 40,
        }),
        figure("CPU an event at 2,000/s", "ms", (m) => m("policy.cpuMs"), { most: 0.13 }),
        figure(`${flood} calls at 50,000/s, delivered`, "%", (m) => m("policy.delivered"), {
          least: 100,
        }),
      ],
    };
  },
};

function timeMs([command = "", ...args]: readonly string[]): number {
  const startMs = performance.now();
  spawnSync(command, args, { stdio: "ignore" });
  return performance.now() - startMs;
}

async function lifecycles(count: number): Promise<Record<string, number>> {
  const startedMs = performance.now();
  const daemon = BenchDaemon.spawn([]);
  try {
    await daemon.serving();
    const stream = await daemon.subscribe(processEvents);
    spawnSync(workload("nop"));
    await stream.until(1);
    const startMs = performance.now() - startedMs;
    await stream.until(2);
    const cpuUs = daemon.cpuUs();
    const [command = "", ...args] = swarm(count);
    const beginMs = performance.now();
    await once(spawn(command, args, { stdio: "ignore" }), "exit");
    const ms = performance.now() - beginMs;
    // With those of the swarm itself.
    const whole = 2 + 2 * (count + 1);
    await stream.until(whole);
    const cpuMs = (daemon.cpuUs() - cpuUs) / 1000 / count;
    return { startMs, ms, cpuMs, delivered: (100 * Math.min(stream.events, whole)) / whole };
  } finally {
    await daemon.close();
  }
}

async function policy(slow: number, flood: number): Promise<Record<string, number>> {
  const daemon = await BenchDaemon.start(["--event-queue-size", "200000"]);
  try {
    const client = await daemon.client();
    const stream = await daemon.subscribe([EventType.KPROBE]);
    const caller = calls(1e9, 100);
    const startedMs = performance.now();
    await client.sensors.addTracingPolicy(policyYaml);
    await stream.until(1);
    const addMs = performance.now() - startedMs;
    process.kill(-(caller.pid ?? 0), "SIGKILL");
    await once(caller, "exit");
    await stream.until(Number.POSITIVE_INFINITY, 1000);

    const cpuUs = daemon.cpuUs();
    const before = stream.events;
    await once(calls(slow, 2000), "exit");
    await stream.until(before + slow);
    const cpuMs = (daemon.cpuUs() - cpuUs) / 1000 / (stream.events - before);

    const start = stream.events;
    await once(calls(flood, 50_000), "exit");
    await stream.until(start + flood);
    return { addMs, cpuMs, delivered: (100 * (stream.events - start)) / flood };
  } finally {
    await daemon.close();
  }
}
