/**
 * Half an hour of processes of all kinds under one daemon that traces nothing else: no event may be
 * lost, and its memory must not grow. `npm run soak -- [--minutes 30] [--rate 2000]`; a rate of 0 is
 * as fast as the machine starts them. Prints a line a minute and the figures; fails if one is wrong.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connect } from "../../host/api/client.js";
import { Ledger } from "./ledger.js";
import { Samples } from "./samples.js";

const options = {
  minutes: { type: "string", default: "30" },
  rate: { type: "string", default: "2000" },
} as const;
const { values } = parseArgs({ options });
const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
if (!(minutes > 0) || !(rate >= 0))
  throw new Error("--minutes takes a number above 0, --rate one from 0");

const built = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "guidestar-soak-"));
const address = `unix://${folder}/guidestar.sock`;
const nop = built("test/bpf/core/workloads/nop");

const mix = [built("test/soak/workloads/mix"), String(minutes * 60), String(rate), nop];
const workload = spawn(built("test/bpf/core/workloads/gate"), mix, {
  stdio: ["pipe", "pipe", "inherit"],
});
const scope = ["--scope-pid", String(workload.pid)];
const daemon = spawn(
  process.execPath,
  [built("host/cli/main.js"), "daemon", "--listen", address, ...scope],
  { stdio: ["ignore", "ignore", "pipe"] },
);
process.once("exit", () => {
  workload.kill("SIGKILL");
  daemon.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
let said = "";
for await (const text of daemon.stderr.setEncoding("utf8")) {
  said += text;
  if (/listening on/.test(said)) break;
}
if (!/listening on/.test(said)) throw new Error(`the daemon did not start: ${said}`);

const client = await connect({ serverAddress: address });
const stream = client.sensors.getEvents();
await stream.ready;
const ledger = new Ledger(workload.pid ?? 0);
const reading = (async () => {
  for await (const event of stream) if (ledger.take(event)) break;
})();

/** Processes that were started, and execs that they were to do; itself included. */
let started = { processes: 1, execs: 1 };
createInterface(workload.stdout).on("line", (line) => {
  const [processes = 0, execs = 0] = line.split(" ").map(Number);
  started = { processes: processes + 1, execs: execs + 1 };
});
const samples = new Samples(daemon.pid ?? 0, () => client.node.getStatus());
await samples.take();
const cacheBefore = samples.last.cacheSize;

const startedMs = Date.now();
workload.stdin.write("\n");
const timer = setInterval(
  () => {
    void samples.take().then(() => samples.print((Date.now() - startedMs) / 1000, ledger));
  },
  Math.min(60_000, (minutes * 60_000) / 20),
);
await once(workload, "close");
const seconds = (Date.now() - startedMs) / 1000;
await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 30_000).unref())]);
clearInterval(timer);
await samples.take();

const { last } = samples;
const checks: readonly (readonly [string, boolean])[] = [
  [`${started.processes} processes, ${ledger.exits} ends told`, ledger.exits === started.processes],
  [`${started.execs} execs, ${ledger.execs} told`, ledger.execs === started.execs],
  [`${ledger.unmatched} ends of something else than the last exec`, ledger.unmatched === 0],
  [`${ledger.gaps} gaps in the numbers of events`, ledger.gaps === 0],
  [
    `${last.lostRing} records lost, ${last.tableFull} without room in the table`,
    last.lostRing + last.tableFull === 0,
  ],
  [`${last.lostByClient} events lost by the client`, last.lostByClient === 0],
  [
    `${last.swept} swept out of the cache, ${last.misses} misses, ${last.evictions} evictions`,
    last.swept + last.misses + last.evictions === 0,
  ],
  [
    `cache of ${cacheBefore} before, ${last.cacheSize} after, at most ${samples.mostCached}`,
    last.cacheSize <= cacheBefore,
  ],
  [`memory of the daemon, MiB: ${samples.memoryText()}`, samples.isFlat()],
];
const perSecond = Math.round(started.processes / seconds);
process.stdout.write(
  `${Math.round(seconds)} s, ${perSecond} processes/s; the daemon used ${samples.cpuText(seconds)}\n`,
);
for (const [text, isGood] of checks) process.stdout.write(`${isGood ? "ok  " : "BAD "} ${text}\n`);
client.close();
daemon.kill("SIGTERM");
await once(daemon, "exit");
process.exitCode = checks.every(([, isGood]) => isGood) ? 0 : 1;
