import assert from "node:assert/strict";
import { after, test } from "node:test";
import { BpfObject, possibleCpus } from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";

const object = BpfObject.open(program("maps")).load();
after(() => object.close());

interface Flow {
  address: number;
  port: number;
  pad?: number;
}
interface Stats {
  packets: bigint;
  bytes?: bigint;
  name?: string;
}

test("a hash map takes and gives typed keys and values", () => {
  const flows = object.map<Flow, Stats>("flows");
  const key = { address: 0x7f000001, port: 80 };
  assert.equal(flows.lookup(key), undefined);
  flows.update(key, { packets: 3n, bytes: 4n, name: "web" });
  assert.deepEqual(flows.lookup(key), { packets: 3n, bytes: 4n, name: "web" });
  assert.deepEqual([...flows.keys()], [{ ...key, pad: 0 }]);
  assert.deepEqual(flows.take(key), { packets: 3n, bytes: 4n, name: "web" });
  assert.equal(flows.delete(key), false);
});

test("an update can be held to creating or to replacing", () => {
  const shared = object.map<number, bigint>("shared");
  assert.throws(() => shared.update(5, 1n, "replace"), { code: "ENOENT" });
  shared.update(5, 1n, "create");
  assert.throws(() => shared.update(5, 2n, "create"), { code: "EEXIST" });
  shared.update(5, 3n, "replace");
  assert.equal(shared.lookup(5), 3n);
  assert.equal(shared.delete(5), true);
});

test("a full map says so", () => {
  const shared = object.map<number, bigint>("shared");
  shared.clear();
  for (let i = 0; i < 8; i++) shared.update(i, 0n);
  assert.throws(() => shared.update(8, 0n), {
    code: "E2BIG",
    message: /cannot update map "shared": .*the map is full/,
  });
  shared.clear();
  assert.deepEqual([...shared.keys()], []);
});

test("values that do not fit name the map", () => {
  const shared = object.map("shared");
  assert.throws(() => shared.update(1, -1n), /value of map "shared": -1 does not fit __u64/);
  assert.throws(() => shared.lookup("x"), /key of map "shared": "x" is no integer/);
});

test("a map without types takes and gives bytes", () => {
  const plain = object.map<Uint8Array, Uint8Array>("plain");
  plain.update(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3, 4, 5));
  assert.deepEqual(plain.lookup(Buffer.from([1, 2, 3])), Uint8Array.of(1, 2, 3, 4, 5));
  assert.throws(() => plain.lookup(Uint8Array.of(1)), /has 1 bytes, 3 bytes needs 3/);
});

test("an array map has all its entries from the start, and no others", () => {
  const slots = object.map<number, Stats>("slots");
  slots.update(15, { packets: 1n, name: "last" });
  const entries = [...slots];
  assert.equal(entries.length, 16);
  assert.deepEqual(entries[15], [15, { packets: 1n, bytes: 0n, name: "last" }]);
  assert.equal(slots.lookup(16), undefined);
  assert.throws(() => slots.update(16, { packets: 1n }), { code: "E2BIG" });
  assert.throws(() => slots.delete(1), /a map of type array does not offer this/);
});

test("an LRU map forgets what was used least", () => {
  const recent = object.map<number, bigint>("recent");
  for (let i = 0; i < 1000; i++) recent.update(i, BigInt(i));
  const left = [...recent.keys()];
  assert.ok(left.length > 0 && left.length <= 100, `${left.length} left`);
  assert.equal(recent.lookup(999), 999n);
});

test("a per-CPU map gives one value for each possible CPU", () => {
  const slots = object.map<number, number[]>("cpu_slots");
  const cpus = possibleCpus();
  slots.update(0, Array(cpus).fill(0));
  for (let cpu = 0; cpu < cpus; cpu++) {
    for (let i = 0; i <= cpu; i++) object.program("count_here").testRun({ cpu });
  }
  assert.deepEqual(
    slots.lookup(0),
    Array.from({ length: cpus }, (_, cpu) => cpu + 1),
  );
  assert.throws(() => slots.update(0, [1, 2, 3].slice(0, cpus - 1)), /no array of \d+ values/);
  const flows = object.map<number, Stats[]>("cpu_flows");
  const all = Array.from({ length: cpus }, (_, i) => ({ packets: BigInt(i), bytes: 1n, name: "" }));
  flows.update(7, all);
  assert.deepEqual([...flows.entries()], [[7, all]]);
});

test("a queue gives in order what it was given", () => {
  const queue = object.map<undefined, Uint8Array>("queue");
  for (let i = 1; i <= 3; i++) queue.update(undefined, new Uint8Array(8).fill(i));
  assert.equal(queue.lookup(undefined)?.[0], 1);
  assert.equal(queue.take(undefined)?.[0], 1);
  assert.equal(queue.take(undefined)?.[0], 2);
  assert.equal(queue.take(undefined)?.[0], 3);
  assert.equal(queue.take(undefined), undefined);
});

test("a program array takes programs", () => {
  const jumps = object.map<unknown, unknown>("jumps");
  const index = Uint8Array.of(2, 0, 0, 0);
  const jump = object.program("jump");
  assert.equal(jump.testRun({ context: [2] }).returned, 7);
  jumps.update(index, object.program("target_of_jump"));
  assert.equal(jump.testRun({ context: [2] }).returned, 42);
  assert.equal(jumps.lookup(index), object.program("target_of_jump").info().id);
  assert.equal(jumps.delete(index), true);
  assert.equal(jump.testRun({ context: [2] }).returned, 7);
  assert.throws(() => jumps.update(index, "x"), /is no file descriptor and has none/);
  assert.throws(() => jumps.update(index, object.map("flows")), { code: "EINVAL" });
});

test("a frozen map refuses user space", () => {
  const own = BpfObject.open(program("maps")).load();
  own.map("shared").freeze();
  assert.throws(() => own.map("shared").update(1, 1n), { code: "EPERM" });
  own.close();
});
