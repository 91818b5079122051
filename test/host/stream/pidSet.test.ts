import assert from "node:assert/strict";
import { test } from "node:test";
import { inPidSet } from "../../../host/stream/pidSet.js";
import { exec, exit, process } from "./events.js";

test("a pid of the set and all its descendants match, and nobody else", () => {
  const matches = inPidSet([10, 20]);
  const shell = process({ pid: 10, parent: process({ pid: 1 }) });
  const child = process({ pid: 11, parent: shell });
  const grandchild = process({ pid: 12, parent: child });
  for (const one of [shell, child, grandchild, process({ pid: 20 })]) {
    assert.ok(matches(exec(one)));
    assert.ok(matches(exit(one)));
  }
  assert.ok(!matches(exec(process({ pid: 1 }))));
  assert.ok(!matches(exec(process({ pid: 13, parent: process({ pid: 1 }) }))));
});

test("a descendant stays one when its ancestor's pid belongs to a stranger", () => {
  const matches = inPidSet([11]);
  const shell = process({ pid: 11 });
  const child = process({ pid: 12, parent: shell });
  assert.ok(matches(exec(child)));
  // 12 is used again, by a process that has nothing to do with 11.
  const stranger = process({ pid: 12, parent: process({ pid: 1 }) });
  assert.ok(!matches(exec(stranger)));
  assert.ok(!matches(exec(process({ pid: 13, parent: stranger }))));
  assert.ok(matches(exec(process({ pid: 14, parent: child }))));
});

test("an exec in the same process keeps its descent", () => {
  const matches = inPidSet([10]);
  const forked = process({ pid: 11, parent: process({ pid: 10 }) });
  const replaced = process({ pid: 11, parent: forked, binary: "/bin/sh" });
  assert.ok(matches(exec(replaced)));
});

test("the parent that an event names counts, even if its process does not know it", () => {
  const matches = inPidSet([10]);
  const orphan = process({ pid: 11 });
  assert.ok(matches(exec(orphan, { parent: process({ pid: 10 }) })));
  assert.ok(!matches(exec(orphan)));
});

test("each filter has a set of its own", () => {
  const shell = process({ pid: 10 });
  const [one, other] = [inPidSet([10]), inPidSet([99])];
  assert.ok(one(exec(shell)));
  assert.ok(!other(exec(shell)));
  assert.ok(one(exec(process({ pid: 12, parent: shell }))));
});

test("a chain of a hundred thousand execs is judged, once", () => {
  const matches = inPidSet([1]);
  let one = process({ pid: 1 });
  for (let i = 0; i < 100_000; i++) one = process({ pid: 5, parent: one });
  assert.ok(matches(exec(one)));
  const startMs = performance.now();
  for (let i = 0; i < 1000; i++) assert.ok(matches(exec(process({ pid: 6, parent: one }))));
  assert.ok(performance.now() - startMs < 500);
});
