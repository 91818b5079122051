/** Stack trace trees in this kernel, scoped to a process of the test, read by clients of a daemon. */
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { credentials, Client as GrpcClient } from "@grpc/grpc-js";
import { fgs } from "../../../../proto/generated/api.js";
import { workload } from "../../../bpf/core/harness.js";
import { temporaryFolder } from "../../../support/daemon.js";
import { countOf, daemonFor, isKernel, type Node, nodesOf, policy, treeWith } from "./trees.js";

const weights = workload("weights");

const lseekTree = policy(
  "counts",
  `  kprobes:
  - call: sys_lseek
    syscall: true
    args: [{index: 0, type: int}, {index: 2, type: uint32}]
    selectors:
    - matchArgs: [{index: 2, operator: Equal, values: ["4444"]}]
    stackTraceTree: {name: seeks}
`,
);

test("calls are counted exactly by the functions that made them, and are no events", async (t) => {
  const rounds = 2000;
  const { gated, client } = await daemonFor(t, [weights, "calls", String(rounds), "wait"]);
  await client.sensors.addTracingPolicy(lseekTree);
  const stream = client.sensors.getEvents();
  await stream.ready;
  gated.open();
  const root = await treeWith(client, "seeks", 10 * rounds);
  assert.deepEqual(
    ["light_one", "medium_two", "heavy_seven", "one_round"].map((name) => countOf(root, name)),
    [rounds, 2 * rounds, 7 * rounds, 10 * rounds],
  );
  const [heavy] = nodesOf(root, "heavy_seven");
  assert.equal(heavy?.address?.module, weights);
  const [inKernel] = heavy?.children ?? [];
  assert.ok(inKernel !== undefined && isKernel(inKernel));
  assert.match(inKernel.address?.symbol ?? "", /^entry_SYSCALL_64|^el0t?_/);
  assert.equal(String(inKernel.count), String(7 * rounds));

  const labels = Object.fromEntries(
    root.labels.map(({ key, count }) => [key?.replace(/^exec_id=.*/, "exec_id"), Number(count)]),
  );
  const all = 10 * rounds;
  assert.deepEqual(labels, { [`binary=${weights}`]: all, [`pid=${gated.pid}`]: all, exec_id: all });

  await gated.end();
  let execId = "";
  for await (const event of stream) {
    assert.equal(event.process_kprobe, null);
    if (event.process_exec) execId = event.process_exec.process?.exec_id ?? "";
    if (event.process_exit?.process?.pid?.value === gated.pid) break;
  }
  assert.ok(root.labels.some(({ key }) => key === `exec_id=${execId}`));

  const [tree] = await client.policies.trees();
  assert.deepEqual(
    [tree?.name, tree?.policy, String(tree?.counted), String(tree?.lost), String(tree?.unseen)],
    ["seeks", "counts", String(all), "0", "0"],
  );
  const [listed] = await client.policies.list();
  assert.deepEqual(
    [String(listed?.hooks?.[0]?.posted), String(listed?.hooks?.[0]?.lost)],
    [String(all), "0"],
  );
  // The process is gone, the tree is not; nor when the policy is disabled.
  await client.sensors.disableSensor("counts");
  const later = await client.sensors.getStackTraceTree("seeks");
  assert.equal(countOf(later as Node, "heavy_seven"), 7 * rounds);
  await client.policies.delete("counts");
  await assert.rejects(client.sensors.getStackTraceTree("seeks"), {
    code: "NOT_FOUND",
    message: /SttMgTreeToProto: tree seeks does not exist/,
  });
});

test("a client that knows only the API reads the tree", async (t) => {
  const { gated, client, address } = await daemonFor(t, [weights, "calls", "10", "wait"]);
  await client.sensors.addTracingPolicy(lseekTree);
  gated.open();
  await treeWith(client, "seeks", 100);
  const grpc = new GrpcClient(address, credentials.createInsecure());
  t.after(() => grpc.close());
  const ask = (name: string): Promise<fgs.GetStackTraceTreeResponse> =>
    new Promise((resolve, reject) => {
      grpc.makeUnaryRequest(
        "/fgs.FineGuidanceSensors/GetStackTraceTree",
        (value: fgs.GetStackTraceTreeRequest.$Properties) =>
          Buffer.from(fgs.GetStackTraceTreeRequest.encode(value).finish()),
        (bytes: Buffer) => fgs.GetStackTraceTreeResponse.decode(bytes),
        { name },
        (error, answer) => (error || !answer ? reject(error) : resolve(answer)),
      );
    });
  const { root } = await ask("seeks");
  assert.equal(String(root?.count), "100");
  assert.equal(root?.address?.symbol, "");
  assert.equal(String(root?.address?.address), "0");
  await assert.rejects(ask("nothing"), {
    code: 5,
    details: "SttMgTreeToProto: tree nothing does not exist",
  });
});

test("samples of what runs are shared out as the time was", async (t) => {
  const { gated, client } = await daemonFor(t, [weights, "burn", "60000"]);
  await client.sensors.addTracingPolicy(
    policy("samples", "  perf: [{frequency: 199, stackTraceTree: {name: cpu}}]"),
  );
  gated.open();
  const root = await treeWith(client, "cpu", 500);
  const steps = countOf(root, "one_step");
  assert.ok(steps > 0.9 * Number(root.count), `${steps} of ${root.count} in one_step`);
  for (const [name, share] of [
    ["light_one", 0.1],
    ["medium_two", 0.2],
    ["heavy_seven", 0.7],
  ] as const) {
    // Four standard deviations of so many samples, and one round that was not finished.
    const error = 4 * Math.sqrt((share * (1 - share)) / steps) + 0.03;
    const found = countOf(root, name) / steps;
    assert.ok(Math.abs(found - share) < error, `${name}: ${found}, not ${share} ± ${error}`);
  }
});

test("functions of a program that only its own mount namespace has are named", async (t) => {
  const folder = temporaryFolder(t);
  const inside = path.join(folder, "weights");
  const command = `mount -t tmpfs none ${folder} && cat ${weights} > ${inside} && chmod +x ${inside} && exec ${inside} calls 100 wait`;
  const { gated, client } = await daemonFor(t, [
    "/usr/bin/unshare",
    "-m",
    "/bin/sh",
    "-c",
    command,
  ]);
  await client.sensors.addTracingPolicy(lseekTree);
  gated.open();
  const root = await treeWith(client, "seeks", 1000);
  const [heavy] = nodesOf(root, "heavy_seven");
  assert.deepEqual([heavy?.address?.module, String(heavy?.count)], [inside, "700"]);
});

test("trees that cannot be are refused, and nothing is changed", async (t) => {
  const { client } = await daemonFor(t, [weights, "calls", "1"]);
  const hook = (more: string) => `  kprobes: [{call: sys_lseek, syscall: true, ${more}}]`;
  const refused = (name: string, hooks: string, code: string, message: RegExp) =>
    assert.rejects(client.sensors.addTracingPolicy(policy(name, hooks)), { code, message });
  await client.sensors.addTracingPolicy(policy("one", hook("stackTraceTree: {name: tree}")));
  await refused(
    "two",
    hook("stackTraceTree: {name: tree}"),
    "ALREADY_EXISTS",
    /the stack trace tree tree already exists, policy one has it/,
  );
  await refused(
    "both",
    `${hook("stackTraceTree: {name: other}")}
  perf: [{stackTraceTree: {name: other, user: false}}]`,
    "INVALID_ARGUMENT",
    /line 7, column 27: spec\.perf\[0\]\.stackTraceTree: another hook has the tree "other" with kernel: true, user: true/,
  );
  assert.deepEqual(
    (await client.policies.trees()).map(({ name }) => name),
    ["tree"],
  );
  // The name is free again.
  await client.policies.delete("one");
  await client.sensors.addTracingPolicy(policy("two", hook("stackTraceTree: {name: tree}")));
});
