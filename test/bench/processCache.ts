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

const header = layout.structs.gs_header?.fields;
const previous = layout.structs.gs_exec?.fields.previous_key_ns?.offset;
const parentOf = { "parent.pid": 1, "parent.key_ns": 2 };
const strings = { binary: "/usr/bin/tool", cwd: "/srv/work", argv: ["tool", "-x", "file-1234"] };
// Made once and named anew each time: it is the decoder that is measured.
const fork = make.fork(parentOf);
const exec = make.exec({ ...parentOf, flags }, strings);
const exit = make.exit(parentOf);

function name(record: Buffer, pid: number, keyNs: number): Buffer {
  record.writeUInt32LE(pid, header?.pid?.offset);
  record.writeBigUInt64LE(BigInt(keyNs), header?.key_ns?.offset);
  return record;
}

let clockNs = 1_000_000;
function start(pid: number): number {
  const forkedNs = clockNs++;
  decode(name(fork, pid, forkedNs));
  exec.writeBigUInt64LE(BigInt(forkedNs), previous);
  decode(name(exec, pid, clockNs));
  const current = cache.current(pid);
  if (current) current.wire ??= encodeProcess(current, wireOptions);
  return clockNs++;
}

const end = (pid: number, keyNs: number) => decode(name(exit, pid, keyNs));

decode(make.exec({ "header.pid": 1, "header.key_ns": 2 }, strings));
const before = heap();
const keys = Array.from({ length: live }, (_, i) => start(100 + i));
const full = heap();
const perProcess = Math.round((full - before) / live);
process.stdout.write(`${live} live processes: ${perProcess} bytes each, encoded form included\n`);

const churnPid = 100 + live;
const started = performance.now();
for (let i = 0; i < short; i++) end(churnPid, start(churnPid));
const seconds = (performance.now() - started) / 1000;
const left = heap() - full;
process.stdout.write(
  `${short} short processes beside them: ${Math.round(short / seconds)}/s, decoded and encoded, cache of ${cache.size}, heap ${left >= 0 ? "+" : ""}${Math.round(left / 1024)} KiB, ${cache.misses} misses, ${cache.evictions} evictions\n`,
);

for (const [i, keyNs] of keys.entries()) end(100 + i, keyNs);
process.stdout.write(
  `all gone: cache of ${cache.size}, heap +${Math.round((heap() - before) / 1024)} KiB\n`,
);
