import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Event, EventType, type Process } from "../../../../host/events/model.js";
import { PLUGIN_LIMITS } from "../../../../host/plugins/limits.js";
import { Packer } from "../../../../host/plugins/runtime/packer.js";
import * as abi from "../../../../plugins/sdk/abi.js";
import { compileJob, Scene } from "../events.js";
import { packAndRead, type ReadBatch, type ReadProcess } from "./readBatch.js";

function textsOf(p: Process): string[] {
  return [p.execId, p.binary, p.arguments, p.cwd, p.flags, p.docker, p.cgroupName];
}

/** As UTF-8 can say it: a lone surrogate becomes U+FFFD. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** What a plugin should see of a process, if nothing of it is cut. */
function expected(p: Process, read: ReadProcess, batch: ReadBatch): ReadProcess {
  const capabilities = p.capabilities;
  let state = 0;
  if (p.uid !== undefined) state |= abi.KNOWN_UID;
  if (p.auid !== undefined) state |= abi.KNOWN_AUID;
  if (capabilities !== undefined) state |= abi.KNOWN_CAPABILITIES;
  if (p.namespaces !== undefined) state |= abi.KNOWN_NAMESPACES;
  const parent = batch.processes.find((other) => other.texts[0] === p.parent?.execId);
  return {
    index: read.index,
    texts: textsOf(p).map(wellFormed),
    pid: p.pid,
    parent: p.parent === undefined ? abi.NO_PROCESS : (parent?.index ?? -1),
    keyNs: p.keyNs,
    startTimeNs: p.startTimeNs,
    cgroupId: p.cgroupId,
    capabilities: capabilities
      ? [capabilities.permitted, capabilities.effective, capabilities.inheritable]
      : [0n, 0n, 0n],
    uid: p.uid ?? 0xffffffff,
    auid: p.auid ?? 0xffffffff,
    namespaces: [...(p.namespaces ?? Array(10).fill(0))],
    state,
  };
}

const u32 = fc.nat(0xffffffff);
const u64 = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn });
const text = fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: "binary", maxLength: 40 }));
const facts = fc.record({
  pid: u32,
  keyNs: u64,
  startTimeNs: u64,
  uid: fc.option(fc.nat(0xfffffffe), { nil: undefined }),
  auid: fc.option(fc.nat(0xfffffffe), { nil: undefined }),
  binary: text,
  arguments: text,
  cwd: text,
  flags: text,
  docker: text,
  cgroupId: u64,
  cgroupName: text,
  capabilities: fc.option(fc.record({ permitted: u64, effective: u64, inheritable: u64 }), {
    nil: undefined,
  }),
  namespaces: fc.option(fc.array(u32, { minLength: 10, maxLength: 10 }), { nil: undefined }),
});

test("a plugin sees every field of every process and event as it is", () => {
  const packer = new Packer();
  fc.assert(
    fc.property(fc.array(fc.tuple(facts, fc.nat(5), u32, text), { maxLength: 12 }), (made) => {
      const scene = new Scene();
      const known: Process[] = [];
      const events: Event[] = made.map(([fact, back, status, signal], n) => {
        const parent = known[known.length - 1 - back];
        const process = scene.process(fact.binary, parent, { ...fact, execId: `id-${n}` });
        known.push(process);
        return n % 2 ? scene.exit(process, status, signal) : scene.exec(process);
      });
      const batch = packAndRead(packer, events);
      assert.equal(batch.count, events.length);
      for (const [n, event] of events.entries()) {
        const read = batch.events[n];
        assert.ok(read);
        assert.equal(read.sequence, BigInt(event.sequence));
        assert.equal(read.timeNs, event.timeNs);
        assert.equal(read.type, event.type);
        assert.equal(read.status, event.type === EventType.EXIT ? event.status : 0);
        assert.equal(read.signal, event.type === EventType.EXIT ? wellFormed(event.signal) : "");
        const process = batch.processes[read.process];
        assert.ok(process);
        assert.deepEqual(process, expected(event.process, process, batch));
        assert.equal(read.parent, process.parent);
      }
    }),
  );
});

test("a process is in a batch once, however many events name it", () => {
  const events = compileJob(new Scene(), 40);
  const batch = packAndRead(new Packer(), events);
  assert.equal(batch.count, 240);
  // Four up to make, and three for each file.
  assert.equal(batch.processes.length, 4 + 3 * 40);
  assert.equal(new Set(batch.processes.map((p) => p.texts[0])).size, 124);
});

test("a process packed before looks the same in later batches, even when the cache has forgotten it", () => {
  const packer = new Packer();
  const scene = new Scene();
  const events = compileJob(scene, 20);
  const first = packAndRead(packer, events);
  assert.deepEqual(packAndRead(packer, events), first);
  const others = compileJob(scene, 8000);
  for (let from = 0; from < others.length; ) from += packer.pack(others, from);
  assert.deepEqual(packAndRead(packer, events), first);
});

test("processes that share a pid are told apart", () => {
  const scene = new Scene();
  const forked = scene.process("/bin/bash", undefined, { pid: 7, keyNs: 1n, execId: "a" });
  const execd = scene.process("/bin/ls", undefined, { pid: 7, keyNs: 2n, execId: "b" });
  const far = scene.process("/bin/cat", undefined, { pid: 7 + 16_384, execId: "c" });
  const events = [forked, execd, far, forked, execd, far].map((p) => scene.exec(p));
  const { processes, events: read } = packAndRead(new Packer(), events);
  assert.deepEqual(
    processes.map((p) => p.texts[1]),
    ["/bin/bash", "/bin/ls", "/bin/cat"],
  );
  assert.deepEqual(
    read.map((e) => e.process),
    [0, 1, 2, 0, 1, 2],
  );
});

test("a line of ancestors is cut where the limit is, and says so", () => {
  const scene = new Scene();
  let process = scene.process("/bin/0");
  for (let n = 1; n <= 50; n++) process = scene.process(`/bin/${n}`, process);
  const { processes, events } = packAndRead(new Packer(), [scene.exec(process)]);
  assert.equal(processes.length, PLUGIN_LIMITS.ancestors + 1);
  const line: string[] = [];
  let index = events[0]?.process ?? -1;
  let last: ReadProcess | undefined;
  while (index !== abi.NO_PROCESS) {
    last = processes[index];
    line.push(last?.texts[1] ?? "");
    index = last?.parent ?? abi.NO_PROCESS;
  }
  assert.deepEqual(
    line,
    Array.from({ length: 33 }, (_, n) => `/bin/${50 - n}`),
  );
  assert.ok((last?.state ?? 0) & abi.ANCESTORS_CUT);
  assert.equal(processes.filter((p) => p.state & abi.ANCESTORS_CUT).length, 1);
});

test("a cut line is made longer when another event of the batch needs more of it", () => {
  const scene = new Scene();
  const line = [scene.process("/bin/0")];
  for (let n = 1; n <= 60; n++) line.push(scene.process(`/bin/${n}`, line[n - 1]));
  const events = [60, 40, 32].map((n) => scene.exec(line[n] as Process));
  const { processes } = packAndRead(new Packer(), events);
  assert.equal(processes.length, 61);
  assert.equal(processes.filter((p) => p.state & abi.ANCESTORS_CUT).length, 0);
  for (const p of processes) {
    const number = Number(p.texts[1]?.slice(5));
    const parent = processes[p.parent];
    assert.equal(parent?.texts[1], number === 0 ? undefined : `/bin/${number - 1}`);
  }
});

test("texts too long for a batch are cut between characters, with a flag for each", () => {
  const scene = new Scene();
  const process = scene.process(`/bin/${"b".repeat(10_000)}`, undefined, {
    arguments: "€".repeat(700_000),
    cwd: `/${"😀".repeat(2000)}`,
    cgroupName: "x".repeat(PLUGIN_LIMITS.textBytes),
  });
  const { processes } = packAndRead(new Packer(), [scene.exec(process)]);
  const [, binary, given, cwd, , , cgroup] = processes[0]?.texts ?? [];
  assert.equal(binary, process.binary.slice(0, 4096));
  assert.equal(given, "€".repeat(Math.floor(PLUGIN_LIMITS.argumentsBytes / 3)));
  assert.equal(cwd, `/${"😀".repeat(1023)}`);
  assert.equal(cgroup, process.cgroupName);
  const cut = (processes[0]?.state ?? 0) & 0x7f00;
  assert.equal(cut, abi.CUT_BINARY | abi.CUT_ARGUMENTS | abi.CUT_CWD);
});

test("a surrogate pair at the very limit is left out whole", () => {
  const scene = new Scene();
  for (let ahead = PLUGIN_LIMITS.textBytes - 5; ahead <= PLUGIN_LIMITS.textBytes; ahead++) {
    const process = scene.process(`${"a".repeat(ahead)}😀b`);
    const { processes } = packAndRead(new Packer(), [scene.exec(process)]);
    const fits = ahead + 4 <= PLUGIN_LIMITS.textBytes;
    const rest = ahead + 5 <= PLUGIN_LIMITS.textBytes ? "😀b" : fits ? "😀" : "";
    assert.equal(processes[0]?.texts[1], "a".repeat(ahead) + rest, `${ahead} ahead`);
  }
});

test("events that do not fit into one batch go on in the next, in order and complete", () => {
  const scene = new Scene();
  const events = Array.from({ length: 300 }, (_, n) =>
    scene.exec(scene.process(`/bin/${n}`, undefined, { arguments: "x".repeat(16_000) })),
  );
  const packer = new Packer();
  const seen: bigint[] = [];
  let batches = 0;
  for (let from = 0; from < events.length; batches++) {
    const batch = packAndRead(packer, events, from);
    assert.ok(batch.count > 0);
    assert.ok(batch.bytes < 2 * PLUGIN_LIMITS.batchBytes);
    seen.push(...batch.events.map((e) => e.sequence));
    from += batch.count;
  }
  assert.deepEqual(
    seen,
    events.map((e) => BigInt(e.sequence)),
  );
  assert.ok(batches >= 5, `${batches} batches`);
  const many = compileJob(new Scene(), 400);
  assert.equal(packer.pack(many, 0), PLUGIN_LIMITS.batchEvents);
});

test("one event always fits: if everything about it is huge, its ancestors give way", () => {
  const scene = new Scene();
  const huge = (parent?: Process) => {
    const long = "/".repeat(5000);
    return scene.process(long, parent, {
      arguments: "x".repeat(100_000),
      cwd: long,
      flags: long,
      docker: long,
      cgroupName: long,
      execId: `${scene.process("").pid}${long}`,
    });
  };
  let line = huge();
  for (let n = 0; n < 60; n++) line = huge(line);
  const event = scene.exec(line);
  const { count, events, processes } = packAndRead(new Packer(), [
    { ...event, parent: huge() },
    scene.exec(huge(line)),
  ]);
  assert.ok(count >= 1);
  assert.notEqual(events[0]?.parent, abi.NO_PROCESS);
  assert.equal(processes[events[0]?.process ?? -1]?.pid, line.pid);
  assert.ok(processes.some((p) => p.state & abi.ANCESTORS_CUT));
});

test("a plugin that sees some events of a batch sees just those, with their processes", () => {
  const packer = new Packer();
  const events = compileJob(new Scene(), 4);
  const count = packer.pack(events, 0);
  const selected = Uint32Array.of(1, 5, 20);
  const parts = packer.partsFor(selected.length);
  const memory = new Uint8Array(parts.bytes);
  packer.write(memory, 0, parts, selected);
  const table = new Uint32Array(memory.buffer, parts.events, 3);
  const sequences = [...table].map((at) => new DataView(memory.buffer).getBigUint64(at, true));
  assert.equal(count, 24);
  assert.deepEqual(sequences, [2n, 6n, 21n]);
});
