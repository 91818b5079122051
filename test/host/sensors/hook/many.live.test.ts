import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { test } from "node:test";
import { loadBase } from "../../../../host/sensors/base.js";
import { type LoadedHook, loadHook } from "../../../../host/sensors/hook/loadHook.js";
import { SharedHookMaps } from "../../../../host/sensors/hook/sharedMaps.js";
import { Gated, workload } from "../../../bpf/core/harness.js";
import { portable } from "../../../bpf/core/hook/harness.js";
import { argument, hookOn, userArgument } from "../../../bpf/core/hook/specs.js";

const policies = 200;
/** Where hardly anything happens, so that the machine does not get slower. */
const places = ["task_rename", "cgroup_rename", "cgroup_mkdir", "cgroup_rmdir", "cgroup_release"];

/** What this process holds in the kernel, by kind. */
function held(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const fd of readdirSync("/proc/self/fd")) {
    let target = "";
    try {
      target = readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      continue; // the one that listed them
    }
    const kind = /bpf[-_](prog|map|link)/.exec(target)?.[1];
    if (kind !== undefined) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

test(`${policies} policies of ${places.length} hooks each come and go, and leave nothing`, (t) => {
  const gated = new Gated([workload("nop")]);
  const base = loadBase({
    scope: { kind: "tree", rootPids: [gated.pid], spawned: true },
    scan: false,
  });
  const maps = new SharedHookMaps(base);
  const hooks: LoadedHook[] = [];
  const add = (): void => {
    for (const name of places) {
      const args = [argument(0, "s32"), userArgument(1, "string", { maxData: 256 })];
      const spec = hookOn({ kind: "rawTracepoint", name }, name, args);
      hooks.push(loadHook(spec, { hook: hooks.length + 1, maps, features: portable }));
    }
  };
  try {
    // What all have in common is there after the first.
    add();
    for (const hook of hooks.splice(0)) hook.close();
    const before = held();
    const startMs = performance.now();
    const startBytes = process.memoryUsage().rss;
    for (let policy = 0; policy < policies; policy++) add();
    const count = policies * places.length;
    const during = held();
    assert.equal(during.prog, (before.prog ?? 0) + count);
    assert.equal(during.link, (before.link ?? 0) + count);
    assert.equal(during.map, before.map, "what is constant goes with its program");
    const perHook = (value: number): string => (value / count).toFixed(1);
    const kilobytes = perHook((process.memoryUsage().rss - startBytes) / 1024);
    t.diagnostic(
      `${count} hooks: ${perHook(performance.now() - startMs)} ms and ${kilobytes} KiB of our own memory each`,
    );
    for (const hook of hooks.splice(0)) hook.close();
    assert.deepEqual(held(), before);
    add();
    assert.ok(hooks.every((hook) => hook.counters().calls === 0));
  } finally {
    for (const hook of hooks) hook.close();
    maps.close();
    base.close();
    gated.kill();
  }
});
