import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { loadBase } from "../../../host/sensors/base.js";
import { Collector, Gated, run, workload } from "./harness.js";

describe("the scope of a process tree", () => {
  test("has nothing of a process outside", async () => {
    const outside: number[] = [];
    const { rootPid, records } = await run([workload("until")], {
      meanwhile: async (gated) => {
        await once(gated.child.stdout ?? gated.child, "data");
        for (let i = 0; i < 20; i++) {
          outside.push(spawn(workload("doublefork"), { stdio: "ignore" }).pid ?? 0);
        }
        execFileSync(workload("race"), ["20", "10"]);
      },
    });
    assert.equal(outside.length, 20);
    assert.deepEqual(
      records.map(({ type, pid }) => [type, pid]),
      [
        ["exec", rootPid],
        ["exit", rootPid],
      ],
    );
  });

  test("has the descendants that were there before", async () => {
    // sh → until, both there before; what sh starts later is new.
    const script = `${workload("until")}; ${workload("nop")} later; exit 6`;
    const gated = new Gated(["/bin/sh", "-c", script]);
    gated.open();
    await once(gated.child.stdout ?? gated.child, "data");
    const base = loadBase({ scope: { kind: "tree", rootPids: [gated.pid] }, scan: false });
    const collector = new Collector(base);
    try {
      await collector.during(gated.end());
      const { execs, exits } = collector.result();
      assert.deepEqual(
        execs.map((exec) => exec.argv[1]),
        ["later"],
      );
      const [until, later, root] = exits;
      assert.equal(exits.length, 3);
      assert.equal(until?.parent.pid, gated.pid);
      assert.equal(later?.pid, execs[0]?.pid);
      assert.equal(root?.pid, gated.pid);
      assert.equal(root?.code, 6 << 8);
      assert.equal(until?.parent.keyNs, root?.keyNs);
      assert.equal((until?.keyNs ?? 1n) % 10_000_000n, 0n, "start times as /proc has them");
      assert.deepEqual(later?.parent, { pid: gated.pid, keyNs: root?.keyNs });
    } finally {
      collector.close();
      gated.kill();
      base.close();
    }
  });

  test("may have several roots, of which one is below another", async () => {
    const first = new Gated([workload("nop")]);
    const second = new Gated([workload("nop"), "second"]);
    const rootPids = [first.pid, second.pid, first.pid];
    const base = loadBase({ scope: { kind: "tree", rootPids, spawned: true }, scan: false });
    const collector = new Collector(base);
    try {
      first.open();
      second.open();
      await collector.during(Promise.all([first.end(), second.end()]));
      const { execs } = collector.result();
      assert.deepEqual(new Set(execs.map((exec) => exec.pid)), new Set(rootPids));
      assert.equal(execs.length, 2);
    } finally {
      collector.close();
      first.kill();
      second.kill();
      base.close();
    }
  });

  test("ends with close: nothing is traced after it", async () => {
    const gated = new Gated([workload("nop")]);
    const base = loadBase({ scope: { kind: "tree", rootPids: [gated.pid] }, scan: false });
    const collector = new Collector(base);
    base.close();
    base.close();
    gated.open();
    await gated.end();
    collector.drain();
    assert.deepEqual(collector.records, []);
    collector.close();
  });
});
