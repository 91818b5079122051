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
/** What is held, bytes. Memory of buffers is given back a while after who held it is gone. */
async function held(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let same = 0; same < 3; same++) {
    collect?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    if (heapUsed + arrayBuffers < least) [least, same] = [heapUsed + arrayBuffers, 0];
  }
  return least;
}

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

const perSecond = (count: number, startedMs: number) =>
  Math.round((1000 * count) / (performance.now() - startedMs)).toLocaleString("en");
const kib = (bytes: number) => `${bytes < 0 ? "-" : "+"}${Math.round(Math.abs(bytes) / 1024)} KiB`;
const say = (line: string) => process.stdout.write(`${line}\n`);

decode(make.exec({ "header.pid": 1, "header.key_ns": 2 }, strings));
/** Pids go round, as the kernel gives them out. */
function churn(count: number): void {
  const first = 100 + live;
  for (let i = 0; i < count; i++) {
    const pid = first + (i % pidsInTurn);
    end(pid, start(pid));
  }
}
const pidsInTurn = 30_000;
// Code is compiled, and then compiled better, before anything is measured.
churn(200_000);

const before = await held();
const keys = Array.from({ length: live }, (_, i) => start(100 + i));
const full = await held();
say(
  `${live} live processes: ${Math.round((full - before) / live)} bytes each, encoded form included`,
);

const startedMs = performance.now();
churn(short);
const rate = perSecond(short, startedMs);
const { misses, evictions, size } = cache;
say(
  `${short} short processes beside them: ${rate}/s, decoded and encoded; cache of ${size}, ${kib((await held()) - full)} held, ${misses} misses, ${evictions} evictions`,
);

for (const [i, keyNs] of keys.entries()) end(100 + i, keyNs);
keys.length = 0;
say(`all gone: cache of ${cache.size}, ${kib((await held()) - before)} held`);
