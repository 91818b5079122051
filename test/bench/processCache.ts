/**
 * What a process costs in the cache, and whether a million short ones leave anything behind.
 * `node --expose-gc dist/test/bench/processCache.js [LIVE] [SHORT]`
 */
import { Decoder } from "../../host/events/decoder.js";
import { ProcessCache } from "../../host/events/processCache.js";
import { encodeProcess } from "../../host/events/processEncoder.js";
import { headerLayout } from "../support/headerLayout.js";
import { RecordMaker } from "../support/records.js";

const [live = 30_000, short = 1_000_000] = process.argv.slice(2).map(Number);
const collect = globalThis.gc;
if (!collect) throw new Error("run it with node --expose-gc");
const heap = () => {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const layout = headerLayout();
const make = new RecordMaker(layout);
const cache = new ProcessCache(65_536);
const decoder = new Decoder({ layout, cache, nodeName: "bench", bootToWallNs: 0n });
const flags = make.flags("GS_FLAG_EXECVE", "GS_FLAG_CLONE");
const wireOptions = { capabilities: true, namespaces: true, hostNamespaces: [] };

function decode(record: Buffer): void {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  decoder.decode(record, view, 0, record.length);
}

let clockNs = 1_000_000;
function start(pid: number, parent: Record<string, number>): number {
  const forkedNs = clockNs++;
  decode(make.fork({ "header.pid": pid, "header.key_ns": forkedNs, ...parent }));
  const execNs = clockNs++;
  const name = { "header.pid": pid, "header.key_ns": execNs, previous_key_ns: forkedNs };
  const strings = {
    binary: "/usr/bin/tool",
    cwd: "/srv/work",
    argv: ["tool", "-x", `file-${pid}`],
  };
  decode(make.exec({ ...name, ...parent, flags }, strings));
  const current = cache.current(pid);
  if (current) current.wire ??= encodeProcess(current, wireOptions);
  return execNs;
}

const end = (pid: number, keyNs: number, parent: Record<string, number>) =>
  decode(make.exit({ "header.pid": pid, "header.key_ns": keyNs, ...parent }));

const root = { "parent.pid": 1, "parent.key_ns": start(1, {}) };
const before = heap();
const keys = Array.from({ length: live }, (_, i) => start(100 + i, root));
const full = heap();
const perProcess = Math.round((full - before) / live);
process.stdout.write(`${live} live processes: ${perProcess} bytes each, encoded form included\n`);

const churnPid = 100 + live;
const started = performance.now();
for (let i = 0; i < short; i++) end(churnPid, start(churnPid, root), root);
const seconds = (performance.now() - started) / 1000;
const left = heap() - full;
process.stdout.write(
  `${short} short processes beside them: ${Math.round(short / seconds)}/s with the making of their records, cache of ${cache.size}, heap ${left >= 0 ? "+" : ""}${Math.round(left / 1024)} KiB, ${cache.misses} misses, ${cache.evictions} evictions\n`,
);

for (const [i, keyNs] of keys.entries()) end(100 + i, keyNs, root);
process.stdout.write(
  `all gone: cache of ${cache.size}, heap +${Math.round((heap() - before) / 1024)} KiB\n`,
);
