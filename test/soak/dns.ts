/**
 * `npm run soak:dns -- [RATE [SECONDS]]`: a program asks a name server on loopback RATE (2,000) questions a
 * second for SECONDS (60), and each question and each answer must be an event of that program. The
 * server is dnsmasq where there is one (the guest: `npm run guest -- node dist/test/soak/dns.js`), else one
 * of a few lines. Ends with code 1 if one is missing, comes twice, or is another's.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startPipeline } from "../../host/daemon.js";
import { createLogger } from "../../host/log.js";
import type { Frames } from "../../host/pipeline/port.js";
import { rootCgroup } from "../../host/sensors/dns/cgroup.js";
import { defaultDnsSettings } from "../../host/sensors/dns/settings.js";
import { readText } from "../../host/source/procScanFiles.js";
import { fgs } from "../../proto/generated/api.js";
import { Gated } from "../bpf/core/harness.js";
import { startServer } from "../host/dns/server.js";

export interface DnsSoak {
  readonly asked: number;
  readonly answered: number;
  readonly tookMs: number;
  readonly queries: number;
  readonly answers: number;
  /** Events of other processes, broken ones, and names that came twice. */
  readonly wrong: number;
  readonly lostRing: number;
}

const asks = fileURLToPath(new URL("workloads/asks", import.meta.url));
const dnsmasq = "/usr/sbin/dnsmasq";

export async function soakDns(rate: number, seconds: number): Promise<DnsSoak> {
  const root = rootCgroup(readText("/proc/self/mounts") ?? "");
  if (root === undefined) throw new Error("no cgroup v2 is mounted");
  const cgroup = path.join(root, `guidestar-soak-${process.pid}`);
  const server = await serve();
  mkdirSync(cgroup);
  const gated = new Gated([asks, String(server.port), String(rate), String(seconds)]);
  writeFileSync(path.join(cgroup, "cgroup.procs"), String(gated.pid));
  let running: Awaited<ReturnType<typeof startPipeline>> | undefined;
  try {
    running = await startPipeline({
      source: "live",
      scope: { kind: "tree", rootPids: [gated.pid], spawned: true },
      nodeName: "soak",
      ringBytes: 32 << 20,
      processCacheSize: 1024,
      processCred: false,
      processNs: false,
      dns: {
        enabled: true,
        settings: { ...defaultDnsSettings, ports: [server.port] },
        cgroup,
      },
      log: createLogger("error", "text"),
    });
    const seen = { queries: new Set<string>(), answers: new Set<string>(), wrong: 0 };
    await running.pipeline.subscribe(
      { allow: [], deny: [] },
      { frames: (frames) => take(frames, gated.pid, seen), end: () => {} },
    );
    gated.open();
    const output = await gated.end();
    await running.close();
    const [asked = 0, answered = 0, tookMs = 0] = output.trim().split(" ").map(Number);
    const { lostRing } = await running.pipeline.status();
    const { queries, answers, wrong } = seen;
    return {
      ...{ asked, answered, tookMs, lostRing, wrong },
      queries: queries.size,
      answers: answers.size,
    };
  } finally {
    gated.kill();
    await running?.close();
    server.close();
    rmdirSync(cgroup);
  }
}

function take(
  { bytes }: Frames,
  pid: number,
  seen: { queries: Set<string>; answers: Set<string>; wrong: number },
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += 5 + view.getUint32(at + 1)) {
    const message = bytes.subarray(at + 5, at + 5 + view.getUint32(at + 1));
    const { process_dns: event } = fgs.GetEventsResponse.decode(message);
    const dns = event?.dns;
    if (!event || !dns) continue;
    const names = dns.response ? seen.answers : seen.queries;
    const isRight = event.process?.pid?.value === pid && event.process.binary === asks;
    if (!isRight || dns.problem || names.has(dns.query ?? "")) seen.wrong++;
    names.add(dns.query ?? "");
  }
}

async function serve(): Promise<{ readonly port: number; close(): void }> {
  if (!existsSync(dnsmasq)) return startServer();
  const port = 5353;
  const own = ["--no-daemon", "--no-resolv", "--no-hosts", "--user=root", "--group=root"];
  const files = ["--pid-file=", "--conf-file=/dev/null", "--log-facility=-", "--cache-size=0"];
  const where = [`--port=${port}`, "--listen-address=127.0.0.1", "--bind-interfaces"];
  const zone = ["--address=/plain.test/192.0.2.10", "--local=/test/"];
  const child = spawn(dnsmasq, [...own, ...files, ...where, ...zone], { stdio: "ignore" });
  const place = `0100007F:${port.toString(16).padStart(4, "0").toUpperCase()}`;
  while (!readText("/proc/net/udp")?.includes(place)) {
    if (child.exitCode !== null) throw new Error("dnsmasq does not start");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { port, close: () => void child.kill() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [rate = 2000, seconds = 60] = process.argv.slice(2).map(Number);
  const result = await soakDns(rate, seconds);
  const { asked, answered, tookMs, queries, answers, wrong, lostRing } = result;
  const perSecond = Math.round(asked / (tookMs / 1000));
  console.log(
    `${asked} questions in ${(tookMs / 1000).toFixed(1)} s (${perSecond}/s), ${answered} answered; events: ${queries} questions, ${answers} answers, ${wrong} wrong, ${lostRing} lost`,
  );
  process.exitCode = asked === queries && answered === answers && wrong + lostRing === 0 ? 0 : 1;
}
