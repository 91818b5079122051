import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  BpfError,
  BpfObject,
  Btf,
  KernelMap,
  PerfEvent,
  RingBuffer,
} from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";

/** What JavaScript may pass where something else is expected. */
const junk = [
  undefined,
  null,
  "",
  "nul\0inside",
  -1,
  1.5,
  Number.NaN,
  2 ** 53,
  1n,
  {},
  [],
  Symbol("x"),
  new Uint8Array(0),
  () => 1,
] as never[];

/** Every call throws or does something harmless, and the process lives on. */
function survives(what: string, call: (bad: never) => unknown): void {
  for (const bad of junk) {
    try {
      call(bad);
    } catch (error) {
      const fine = error instanceof BpfError || error instanceof TypeError;
      assert.ok(fine, `${what}(${String(bad)}): ${error}`);
    }
  }
}

test("wrong arguments never end the process", () => {
  const object = BpfObject.open(program("attach"));
  const chosen = object.program("on_raw_tp");
  chosen.autoload = true;
  survives("setTarget", (bad) => object.program("on_fentry").setTarget(bad));
  survives("variables.set", (bad) => object.variables.set("target_tgid", bad));
  survives("variables.set path", (bad) => object.variables.set(bad, 1));
  survives("program", (bad) => object.program(bad));
  survives("map", (bad) => object.map(bad));
  object.load();
  survives("attachKprobe", (bad) => chosen.attachKprobe(bad).close());
  survives("attachKprobe offset", (bad) => chosen.attachKprobe("x", { offset: bad }).close());
  survives("attachKprobeMulti", (bad) => chosen.attachKprobeMulti({ functions: [bad] }).close());
  survives("attachSyscall", (bad) => chosen.attachSyscall(bad).close());
  survives("attachUprobe", (bad) => chosen.attachUprobe({ path: bad }).close());
  survives("attachUprobe function", (bad) =>
    chosen.attachUprobe({ path: "libc.so.6", function: bad, pid: 0 }).close(),
  );
  survives("attachTracepoint", (bad) => chosen.attachTracepoint(bad, bad).close());
  survives("attachRawTracepoint", (bad) => chosen.attachRawTracepoint(bad).close());
  survives("attachPerfEvent", (bad) => chosen.attachPerfEvent({ fd: bad }).close());
  survives("attachCgroup", (bad) => chosen.attachCgroup(bad).close());
  survives("attachIter", (bad) => chosen.attachIter({ map: { fd: bad } }).close());
  survives("testRun", (bad) => chosen.testRun({ context: bad }));
  survives("testRun data", (bad) => chosen.testRun({ data: bad, repeat: bad }));
  object.close();
});

test("wrong arguments to maps, rings and BTF never end the process", () => {
  const object = BpfObject.open(program("maps"));
  for (const name of ["maxEntries", "keySize", "valueSize", "flags", "numaNode", "type"] as const) {
    survives(name, (bad) => {
      object.map("plain")[name] = bad;
    });
  }
  survives("reuse", (bad) => object.map("shared").reuse(bad));
  survives("setInnerMap", (bad) => object.map("tenants").setInnerMap(bad));
  object.close();
  const loaded = BpfObject.open(program("maps")).load();
  for (const name of ["flows", "slots", "cpu_slots", "plain", "queue", "jumps", "tenants"]) {
    const map = loaded.map(name);
    survives("lookup", (bad) => map.lookup(bad));
    survives("update", (bad) => map.update(bad, bad));
    survives("update mode", (bad) => map.update(1, 1, bad));
    survives("delete", (bad) => map.delete(bad));
    survives("take", (bad) => map.take(bad));
  }
  loaded.close();
  survives("RingBuffer", (bad) => new RingBuffer(bad).close());
  survives("KernelMap.from", (bad) => KernelMap.from(bad).close());
  survives("KernelMap.create", (bad) =>
    KernelMap.create({ type: 1, name: bad, keySize: bad, valueSize: 4, maxEntries: 1 }).close(),
  );
  survives("PerfEvent", (bad) => new PerfEvent({ type: 1, config: bad, pid: bad }).close());
  survives("BpfObject.open", (bad) => BpfObject.open(bad).close());
  survives("BpfObject.open name", (bad) => BpfObject.open(program("maps"), { name: bad }).close());
  survives("Btf", (bad) => new Btf(bad));
  survives("Btf.module", (bad) => Btf.module(bad));
});

test("bytes in the middle of a bigger buffer are taken as they are", () => {
  const bytes = readFileSync(program("maps"));
  const bigger = Buffer.concat([Buffer.alloc(13, 0xff), bytes, Buffer.alloc(5, 0xff)]);
  const object = BpfObject.open(bigger.subarray(13, 13 + bytes.length)).load();
  const plain = object.map<Uint8Array, Uint8Array>("plain");
  const pair = Uint8Array.of(9, 9, 1, 2, 3, 4, 5, 6, 7, 8);
  plain.update(pair.subarray(2, 5), pair.subarray(5, 10));
  assert.deepEqual(plain.lookup(Uint8Array.of(1, 2, 3)), Uint8Array.of(4, 5, 6, 7, 8));
  object.close();
});
