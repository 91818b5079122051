/** How long the daemon takes to start, what it holds in memory, and how soon an event alone arrives. Needs eBPF. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, connect } from "../../../host/api/client.js";
import { toNumber } from "../../../host/api/numbers.js";
import { type Bench, figure } from "../bench.js";
import { cpuMicrosecondsOf } from "../cpu.js";
import { startDaemon } from "../daemon.js";
import { writeCallRecording } from "../delivery/recording.js";

const live = 32_768;
const events = 30;
/** Until what only starting takes has been given back. */
const settleMs = 2000;

export const bench: Bench = {
  name: "start",
  title: "start, memory and latency of the daemon",
  place: "host",
  async start() {
    const folder = mkdtempSync(join(tmpdir(), "guidestar-bench-"));
    const socket = join(folder, "s.sock");
    const recording = join(folder, "many.rec");
    writeCallRecording(recording, { processes: live, calls: 1 });
    return {
      variants: {
        live: () => liveDaemon(socket),
        full: () => fullDaemon(socket, recording),
      },
      figures: [
        figure("start to first event", "s", (m) => m("live.firstMs") / 1000, { most: 0.7 }),
        figure("CPU until it listens", "s", (m) => m("live.cpuMs") / 1000),
        figure("memory, idle", "MiB", (m) => m("live.idleMib"), { most: 90 }),
        figure("memory, 32,768 processes cached", "MiB", (m) => m("full.mib"), { most: 160 }),
        figure("an event alone, median", "ms", (m) => m("live.latencyMs"), { most: 5 }),
        figure("an event alone, 90 of 100", "ms", (m) => m("live.latency90Ms")),
      ],
      close: () => rmSync(folder, { recursive: true }),
    };
  },
};

/** Watches a shell that runs a program for each line it reads. */
async function liveDaemon(socket: string) {
  const shell = spawn("/bin/sh", ["-c", "while read line; do /bin/true; done"], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  try {
    const startedMs = performance.now();
    const daemon = await startDaemon(socket, "--scope-pid", String(shell.pid));
    const cpuMs = cpuMicrosecondsOf(daemon.pid) / 1000;
    const client = await connect({ serverAddress: `unix://${socket}` });
    try {
      const latencies: number[] = [];
      const run = () => shell.stdin.write("\n");
      let firstMs = 0;
      for await (const { time, process_exec: exec } of await opened(client, run)) {
        if (!exec?.process?.binary?.endsWith("/true")) continue;
        const nowMs = performance.timeOrigin + performance.now();
        if (firstMs === 0) firstMs = performance.now() - startedMs;
        else latencies.push(nowMs - (1000 * toNumber(time?.seconds) + (time?.nanos ?? 0) / 1e6));
        if (latencies.length === events) break;
        // Alone: nothing else is under way, and no wake-up is spared for it.
        setTimeout(run, 100);
      }
      await sleep(settleMs);
      latencies.sort((a, b) => a - b);
      const [latencyMs = 0, latency90Ms = 0] = [0.5, 0.9].map((q) => latencies[events * q]);
      return { firstMs, cpuMs, idleMib: daemon.rssMib(), latencyMs, latency90Ms };
    } finally {
      client.close();
      await daemon.stop();
    }
  } finally {
    shell.kill();
  }
}

async function opened(client: Client, then: () => void) {
  const stream = client.sensors.getEvents();
  await stream.ready;
  then();
  return stream;
}

/** Plays processes that start and never end, to one client. */
async function fullDaemon(socket: string, recording: string) {
  const daemon = await startDaemon(socket, "--source", `recording:${recording}?speed=max`);
  const client = await connect({ serverAddress: `unix://${socket}` });
  try {
    let seen = 0;
    for await (const _event of client.sensors.getEvents()) seen++;
    const { process_cache: cache } = await client.node.getStatus();
    if (seen < live / 4 || toNumber(cache?.size) < live)
      throw new Error(`${toNumber(cache?.size)} processes are cached`);
    await sleep(settleMs);
    return { mib: daemon.rssMib() };
  } finally {
    client.close();
    await daemon.stop();
  }
}
