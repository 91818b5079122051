/** Stack trace trees of kernel functions, and of samples, by a kernel that has kprobes and fentry. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { workload } from "../../bpf/core/harness.js";
import {
  countOf,
  daemonFor,
  isKernel,
  nodesOf,
  policy,
  treeWhen,
  treeWith,
} from "../../host/sensors/policies/trees.js";

const both = policy(
  "both",
  `  kprobes:
  - {call: ksys_lseek, syscall: false, stackTraceTree: {name: seeks}}
  perf:
  - {frequency: 199, stackTraceTree: {name: cpu}}
`,
);

test("calls of a kernel function are counted exactly, samples within their error, both sides named", async (t) => {
  const weights = workload("weights");
  const { gated, client } = await daemonFor(t, [weights, "both", "120000"]);
  await client.sensors.addTracingPolicy(both);
  gated.open();

  const seeks = await treeWith(client, "seeks", 1000);
  const shares = { light_one: 0.1, medium_two: 0.2, heavy_seven: 0.7 };
  for (const [name, share] of Object.entries(shares)) {
    assert.equal(countOf(seeks, name), 1000 * share, name);
  }
  const [heavy] = nodesOf(seeks, "heavy_seven");
  assert.equal(heavy?.address?.module, weights);
  for (const name of ["do_syscall_64", "ksys_lseek"]) {
    const [found] = nodesOf(heavy ?? {}, name);
    assert.ok(found && isKernel(found), `${name} below heavy_seven`);
  }

  const cpu = await treeWhen(client, "cpu", (root) => countOf(root, "one_step") >= 400);
  const steps = countOf(cpu, "one_step");
  for (const [name, share] of Object.entries(shares)) {
    const error = 4 * Math.sqrt((share * (1 - share)) / steps) + 0.05;
    const found = countOf(cpu, name) / steps;
    assert.ok(Math.abs(found - share) < error, `${name}: ${found}, not ${share} ± ${error}`);
  }
  const trees = await client.policies.trees();
  assert.deepEqual(
    trees.map(({ name, lost }) => [name, String(lost)]),
    [
      ["seeks", "0"],
      ["cpu", "0"],
    ],
  );
});
