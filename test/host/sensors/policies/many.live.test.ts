/**
 * A node with very many policies, through its API: each does its own, and what they took is given
 * back. Prints what they cost. GUIDESTAR_POLICIES: how many; default 200.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { toNumber } from "../../../../host/api/numbers.js";
import type { guidestar } from "../../../../proto/generated/api.js";
import { Gated, workload } from "../../../bpf/core/harness.js";
import { startTestDaemon } from "../../../support/daemon.js";

const policies = Number(process.env.GUIDESTAR_POLICIES ?? 200);
/** Where hardly anything happens, so that the machine does not get slower. */
const places = ["cgroup_rename", "cgroup_mkdir", "cgroup_rmdir", "cgroup_release"];
const hooks = 1 + places.length;

/** Matches when a process takes the policy's name for itself. */
const policy = (name: string): string => `
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: ${name}}
spec:
  tracepoints:
  - subsystem: task
    event: task_rename
    raw: true
    args: [{index: 1, type: string}]
    selectors:
    - matchArgs: [{index: 1, operator: Equal, values: [${name}]}]
${places
  .map(
    (event) =>
      `  - {subsystem: cgroup, event: ${event}, raw: true, args: [{index: 1, type: string}]}`,
  )
  .join("\n")}
`;

interface Held {
  readonly programs: number;
  readonly maps: number;
  readonly links: number;
  /** Of programs and maps; bytes. */
  readonly kernelBytes: number;
}

/** What this process holds in the kernel: nobody else's comes and goes in it. */
function held(): Held {
  const counts = { prog: 0, map: 0, link: 0 };
  let kernelBytes = 0;
  for (const fd of readdirSync("/proc/self/fd")) {
    try {
      const kind = /bpf[-_](prog|map|link)/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
      if (kind === undefined) continue;
      counts[kind as keyof typeof counts]++;
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
      kernelBytes += Number(/^memlock:\s*(\d+)/m.exec(info)?.[1] ?? 0);
    } catch {
      // the one that listed them
    }
  }
  return { programs: counts.prog, maps: counts.map, links: counts.link, kernelBytes };
}

/** Of the hooks that saw what happened. */
function sum(
  all: readonly guidestar.Policy.$Properties[],
  key: "runs" | "time_ns" | "memory_bytes",
) {
  return all.reduce(
    (total, { hooks }) => total + (hooks ?? []).reduce((own, hook) => own + toNumber(hook[key]), 0),
    0,
  );
}

async function start(t: TestContext) {
  const names = Array.from({ length: policies }, (_, i) => `many-${i}`);
  const takeNames = names.flatMap((name) => [",", "prctl", "15", name]).slice(1);
  const gated = new Gated([workload("calls"), ...takeNames]);
  t.after(() => gated.kill());
  const scope = { kind: "tree", rootPids: [gated.pid], spawned: true } as const;
  const { connect } = await startTestDaemon(t, { scope });
  return { names, gated, client: await connect() };
}

test(`${policies} policies of ${hooks} hooks each do their own, and leave nothing`, async (t) => {
  const { names, gated, client } = await start(t);
  // What all have in common is there after the first.
  await client.sensors.addTracingPolicy(policy("first"));
  await client.policies.delete("first");
  const before = held();
  const startMs = performance.now();
  for (const name of names) await client.sensors.addTracingPolicy(policy(name));
  const addedMs = performance.now() - startMs;
  const during = held();
  const count = policies * hooks;
  assert.equal(during.programs, before.programs + count);
  assert.equal(during.links, before.links + count);
  assert.equal(during.maps, before.maps, "what is constant goes with its program");

  const stream = client.sensors.getEvents();
  await stream.ready;
  gated.open();
  const told: string[] = [];
  for await (const { process_tracepoint: call, process_exit } of stream) {
    if (call) told.push(`${call.policy_name} ${call.args?.[0]?.string_arg}`);
    if (process_exit?.process?.pid?.value === gated.pid) break;
  }
  assert.deepEqual(
    told,
    names.map((name) => `${name} ${name}`),
  );
  const all = await client.policies.list();
  for (const { name, hooks } of all) {
    // Its exec takes a name, too.
    const { filtered, posted, lost } = hooks?.[0] ?? {};
    assert.deepEqual(
      [filtered, posted, lost].map((each) => toNumber(each)),
      [policies, 1, 0],
      name ?? "",
    );
  }

  const removeMs = performance.now();
  for (const name of names) await client.policies.delete(name);
  const removedMs = performance.now() - removeMs;
  const after = held();
  // Maps that allocate as they are used count that, too.
  assert.ok(
    Math.abs(after.kernelBytes - before.kernelBytes) < 65_536,
    `${after.kernelBytes} bytes`,
  );
  assert.deepEqual({ ...after, kernelBytes: 0 }, { ...before, kernelBytes: 0 });
  assert.deepEqual(await client.policies.list(), []);

  const ns = sum(all, "time_ns") / sum(all, "runs");
  const kib = (bytes: number): string => (bytes / 1024).toFixed(1);
  for (const line of [
    `${policies} policies, ${count} hooks: added in ${(addedMs / 1000).toFixed(1)} s, removed in ${(removedMs / 1000).toFixed(1)} s`,
    `a hook: ${(addedMs / count).toFixed(1)} ms to add, ${kib(sum(all, "memory_bytes") / count)} KiB of kernel memory`,
    `an event: ${ns.toFixed(0)} ns in each hook that sees it, ${((ns * policies) / 1000).toFixed(0)} µs in all ${policies}`,
    `programs, links, maps: ${[before, during, after].map((each) => `${each.programs}, ${each.links}, ${each.maps}`).join("; then ")}`,
  ]) {
    t.diagnostic(line);
  }
});
