import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBase } from "../../../../host/sensors/base.js";
import { loadHook } from "../../../../host/sensors/hook/loadHook.js";
import { SharedHookMaps } from "../../../../host/sensors/hook/sharedMaps.js";
import { LossCounters } from "../../../../host/source/lossCounters.js";
import { Collector, Gated, workload } from "../harness.js";
import { portable } from "./harness.js";
import { argument, syscallHook } from "./specs.js";

test("a flood of a policy that nobody reads costs no record of a process", async () => {
  const [calls, processes] = [20_000, 100];
  const command = [workload("burst"), String(calls), String(processes), workload("nop")];
  const gated = new Gated(command);
  const scope = { kind: "tree", rootPids: [gated.pid], spawned: true } as const;
  const ringBytes = 1 << 19;
  const base = loadBase({ scope, ringBytes, scan: false });
  const maps = new SharedHookMaps(base);
  const counters = new LossCounters(base.source);
  try {
    const spec = syscallHook("lseek", [argument(0, "s32"), argument(2, "u32")]);
    const hook = loadHook(spec, { hook: 1, maps, features: portable });
    gated.open();
    await gated.end();
    // Nobody has read until now.
    const { posted, lost } = hook.counters();
    const totals = counters.totals();
    hook.close();
    const collector = new Collector(base);
    collector.drain();
    const { forks, execs, exits, losses } = collector.result();
    collector.close();
    assert.equal(forks.length, processes + 1);
    assert.equal(execs.length, processes + 1);
    assert.equal(exits.length, processes + 2);
    assert.ok(lost > calls / 2, `${lost} lost`);
    assert.ok(posted > 1000, `${posted} posted`);
    // Other calls of the same kind are nobody's.
    assert.ok(posted + lost >= calls);
    const type = base.layout.enums.gs_record_type?.GS_RECORD_HOOK ?? -1;
    assert.equal(totals.lost[type], lost);
    assert.deepEqual(losses, { ring: lost, ringProcess: 0, tableFull: 0, readFailed: 0 });
  } finally {
    counters.close();
    maps.close();
    gated.kill();
    base.close();
  }
});
