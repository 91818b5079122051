import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { TableSweep } from "../../../host/source/tableSweep.js";
import { FakeProc } from "./fakeProc.js";

const tickNs = 10_000_000n;
const everyMs = 30_000;

let proc: FakeProc;
beforeEach(() => {
  proc = new FakeProc();
});
afterEach(() => proc.remove());

/** A table, and a sweep of it whose clock goes on with each walk. */
function sweepOf(entries: readonly (readonly [number, bigint])[]) {
  const table = new Map(entries);
  const sweep = new TableSweep({
    procPath: proc.path,
    everyMs,
    table: {
      entries: () => [...table].map(([pid, keyNs]) => ({ pid, keyNs })),
      keyNsOf: (pid) => table.get(pid),
      remove: (pid) => table.delete(pid),
    },
  });
  let nowMs = 0;
  const walk = () => {
    for (let step = 0; step < 10; step++) sweep.step(nowMs + 200 * step);
    nowMs += everyMs;
  };
  return { table, sweep, walk };
}

test("what no longer runs goes at the second walk: gone, a zombie, or a pid used again", () => {
  proc.add({ pid: 10, startTicks: 100 });
  proc.add({ pid: 11, startTicks: 100, state: "Z" });
  proc.add({ pid: 12, startTicks: 900 });
  const { table, sweep, walk } = sweepOf([
    [10, 100n * tickNs],
    [11, 100n * tickNs],
    [12, 150n * tickNs],
    [13, 100n * tickNs],
  ]);
  walk();
  assert.equal(table.size, 4);
  walk();
  assert.deepEqual([...table.keys()], [10]);
  assert.equal(sweep.removed, 3);
});

test("what exec'd since its start stays, and so does a process whose leader ended first", () => {
  proc.add({ pid: 20, startTicks: 100 });
  proc.add({ pid: 21, startTicks: 100, state: "Z" }).addThread(21, { pid: 22, state: "S" });
  const { table, walk } = sweepOf([
    [20, 5000n * tickNs],
    [21, 100n * tickNs],
  ]);
  walk();
  walk();
  walk();
  assert.equal(table.size, 2);
});

test("an entry that the kernel has renewed is not the one that was suspected", () => {
  const { table, walk } = sweepOf([[30, 100n]]);
  walk();
  table.set(30, 200n);
  walk();
  assert.equal(table.get(30), 200n);
  walk();
  assert.equal(table.size, 0);
});

test("a walk over many takes many steps", () => {
  const { table, sweep, walk } = sweepOf(
    Array.from({ length: 1000 }, (_, i) => [40 + i, 1n] as const),
  );
  walk();
  assert.equal(sweep.removed, 0, "ten steps are 640 entries");
  walk();
  assert.equal(sweep.removed, 256, "six more, and four of the second walk");
  for (let i = 0; i < 6; i++) walk();
  assert.equal(table.size, 0);
});
