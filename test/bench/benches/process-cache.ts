/** What a process costs in the cache, and whether a great many short ones leave anything behind. */
import { setTimeout as sleep } from "node:timers/promises";
import { Decoder } from "../../../host/events/decoder.js";
import { ProcessCache } from "../../../host/events/processCache.js";
import { encodeProcess } from "../../../host/events/processEncoder.js";
import { headerLayout } from "../../support/headerLayout.js";
import { RecordMaker } from "../../support/records.js";
import { type Bench, figure } from "../bench.js";

const live = 30_000;
/** Pids go round, as the kernel gives them out. */
const pidsInTurn = 30_000;

export const bench: Bench = {
  name: "process-cache",
  title: `the process cache, ${live} live processes`,
  place: "host",
  rounds: 3,
  async start({ quick }) {
    const short = quick ? 200_000 : 1_000_000;
    const node = new Node();
    // Code is compiled, and then compiled better, before anything is measured.
    node.churn(200_000);
    return {
      variants: {
        cache: async () => {
          const before = await held();
          const keys = Array.from({ length: live }, (_, i) => node.start(100 + i));
          const full = await held();
          const startedMs = performance.now();
          node.churn(short);
          const perSecond = (1000 * short) / (performance.now() - startedMs);
          const grown = (await held()) - full;
          for (const [i, keyNs] of keys.entries()) node.end(100 + i, keyNs);
          keys.length = 0;
          const left = (await held()) - before;
          const { misses, evictions } = node.cache;
          return { each: (full - before) / live, perSecond, grown, left, lost: misses + evictions };
        },
      },
      figures: [
        figure("a live process, its encoded form included", "bytes", (m) => m("cache.each")),
        figure("short processes beside them", "/s", (m) => m("cache.perSecond")),
        figure("grown by them", "KiB", (m) => m("cache.grown") / 1024),
        figure("left when all are gone", "KiB", (m) => m("cache.left") / 1024),
        figure("misses and evictions", "", (m) => m("cache.lost"), { most: 0 }),
      ],
    };
  },
};

/** A decoder and its cache, fed with records of processes that start and end. */
class Node {
  readonly cache = new ProcessCache(65_536);
  readonly #decoder: Decoder;
  readonly #header;
  readonly #previous;
  // Made once and named anew each time: it is the decoder that is measured.
  readonly #fork: Buffer;
  readonly #exec: Buffer;
  readonly #exit: Buffer;
  #clockNs = 1_000_000;

  constructor() {
    const layout = headerLayout();
    const make = new RecordMaker(layout);
    const { cache } = this;
    this.#decoder = new Decoder({ layout, cache, nodeName: "bench", bootToWallNs: 0n });
    this.#header = layout.structs.gs_header?.fields;
    this.#previous = layout.structs.gs_exec?.fields.previous_key_ns?.offset;
    const flags = make.flags("GS_FLAG_EXECVE", "GS_FLAG_CLONE");
    const parent = { "parent.pid": 1, "parent.key_ns": 2 };
    const strings = {
      binary: "/usr/bin/tool",
      cwd: "/srv/work",
      argv: ["tool", "-x", "file-1234"],
    };
    this.#fork = make.fork(parent);
    this.#exec = make.exec({ ...parent, flags }, strings);
    this.#exit = make.exit(parent);
    this.#decode(make.exec({ "header.pid": 1, "header.key_ns": 2 }, strings));
  }

  start(pid: number): number {
    const forkedNs = this.#clockNs++;
    this.#decode(this.#name(this.#fork, pid, forkedNs));
    this.#exec.writeBigUInt64LE(BigInt(forkedNs), this.#previous);
    this.#decode(this.#name(this.#exec, pid, this.#clockNs));
    const current = this.cache.current(pid);
    if (current) current.wire ??= encodeProcess(current, wireOptions);
    return this.#clockNs++;
  }

  end(pid: number, keyNs: number): void {
    this.#decode(this.#name(this.#exit, pid, keyNs));
  }

  churn(count: number): void {
    for (let i = 0; i < count; i++) {
      const pid = 100 + live + (i % pidsInTurn);
      this.end(pid, this.start(pid));
    }
  }

  #name(record: Buffer, pid: number, keyNs: number): Buffer {
    record.writeUInt32LE(pid, this.#header?.pid?.offset);
    record.writeBigUInt64LE(BigInt(keyNs), this.#header?.key_ns?.offset);
    return record;
  }

  #decode(record: Buffer): void {
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    this.#decoder.decode(record, view, 0, record.length);
  }
}

const wireOptions = { capabilities: true, namespaces: true, hostNamespaces: [] };

/** What is held, bytes. Memory of buffers is given back a while after who held it is gone. */
async function held(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let same = 0; same < 3; same++) {
    globalThis.gc?.();
    await sleep(20);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    if (heapUsed + arrayBuffers < least) [least, same] = [heapUsed + arrayBuffers, 0];
  }
  return least;
}
