/** Names for code that has none of its own in a file: compiled while it runs, or stripped. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import { countOf, daemonFor, nodesOf, policy, treeWhen } from "./trees.js";

const sampling = policy("samples", "  perf: [{frequency: 199, stackTraceTree: {name: cpu}}]");

test("functions that Node.js compiles are named by its perf map", async (t) => {
  const script = `
    function veryHotFunction(n) { let sum = 0; for (let i = 0; i < n; i++) sum += Math.sqrt(i); return sum; }
    for (;;) globalThis.sum = veryHotFunction(1e6);`;
  const { gated, client } = await daemonFor(t, [
    process.execPath,
    "--perf-basic-prof",
    "-e",
    script,
  ]);
  t.after(() => rmSync(`/tmp/perf-${gated.pid}.map`, { force: true }));
  await client.sensors.addTracingPolicy(sampling);
  gated.open();
  const root = await treeWhen(client, "cpu", (tree) => countOf(tree, /veryHotFunction/) >= 50);
  // Node.js itself calls it.
  const [start] = nodesOf(root, /^node::Start|_ZN4node5Start/);
  if (start) assert.ok(countOf(start, /veryHotFunction/) > 0);
  const [hot] = nodesOf(root, /veryHotFunction/);
  assert.equal(hot?.address?.module, "");
});

test("of a stripped program the place in its file is told, and its build id", async (t) => {
  const { gated, client } = await daemonFor(t, ["/bin/sh", "-c", "while :; do :; done"]);
  await client.sensors.addTracingPolicy(sampling);
  gated.open();
  const place = /^\w+\+0x[0-9a-f]+ \[build id [0-9a-f]{40}\]$/;
  const root = await treeWhen(client, "cpu", (tree) => countOf(tree, place) >= 20);
  const [found] = nodesOf(root, place);
  assert.match(found?.address?.module ?? "", /^\/usr\/bin\/\w+$/);
  gated.kill();
});
