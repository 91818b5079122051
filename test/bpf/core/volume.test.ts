import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadBase } from "../../../host/sensors/base.js";
import { LossCounters } from "../../../host/source/lossCounters.js";
import { Collector, Gated, run, workload } from "./harness.js";

describe("many processes at once", () => {
  test("5,000 as fast as possible: each exec and exit arrives, once, with the right parent", async () => {
    const count = 5000;
    const command = [workload("swarm"), String(count), "100", workload("nop")];
    const { rootPid, output, forks, execs, exits, losses } = await run(command);
    assert.deepEqual(losses, { ring: 0, ringProcess: 0, tableFull: 0, readFailed: 0 });
    const made = output
      .trim()
      .split("\n")
      .map((line) => line.split(" ").map(Number) as [number, number]);
    assert.equal(made.length, count);

    const root = execs.find((exec) => exec.pid === rootPid);
    const children = execs.filter((exec) => exec !== root);
    assert.equal(forks.length, count);
    assert.equal(children.length, count);
    assert.equal(exits.length, count + 1);
    const byArgument = new Map(children.map((exec) => [Number(exec.argv[1]), exec]));
    const exitByName = new Map(exits.map((exit) => [`${exit.pid}.${exit.keyNs}`, exit]));
    assert.equal(exitByName.size, count + 1);
    for (const [pid, index] of made) {
      const exec = byArgument.get(index);
      assert.equal(exec?.pid, pid);
      assert.deepEqual(exec?.parent, { pid: rootPid, keyNs: root?.keyNs });
      const exit = exitByName.get(`${pid}.${exec?.keyNs}`);
      assert.equal(exit?.code, (index % 256) << 8);
    }
  });

  test("a ring that is too small loses records and counts every one", async () => {
    const count = 600;
    const gated = new Gated([workload("swarm"), String(count), "50", workload("nop")]);
    const scope = { kind: "tree", rootPids: [gated.pid], spawned: true } as const;
    const base = loadBase({ scope, ringBytes: 65536, scan: false });
    const counters = new LossCounters(base.source);
    try {
      gated.open();
      await gated.end();
      // Nobody has read until now.
      const collector = new Collector(base);
      collector.drain();
      const { forks, execs, exits, losses } = collector.result();
      const { sent, lost } = counters.totals();
      const type = (name: string) => base.layout.enums.gs_record_type?.[name] ?? -1;
      for (const [name, made, read] of [
        ["GS_RECORD_FORK", count, forks.length],
        ["GS_RECORD_EXEC", count + 1, execs.length],
        ["GS_RECORD_EXIT", count + 1, exits.length],
      ] as const) {
        assert.equal(sent[type(name)], read, name);
        assert.equal(read + (lost[type(name)] ?? 0), made, name);
        assert.ok((lost[type(name)] ?? 0) > made / 4, name);
      }
      assert.equal(
        losses.ring,
        lost.reduce((sum, each) => sum + each, 0),
      );
      collector.close();
    } finally {
      counters.close();
      gated.kill();
      base.close();
    }
  });

  test("a process table that is too small counts those it can't take, and what it holds is whole", async () => {
    const { losses, output, forks, exits } = await run([workload("crowd"), "40"], {
      base: { processTableEntries: 16 },
    });
    const pids = output.trim().split("\n").map(Number);
    assert.equal(forks.length, 15, "one place is the parent's");
    assert.deepEqual(
      forks.map((fork) => fork.pid),
      pids.slice(0, 15),
    );
    assert.equal(losses.tableFull, 25);
    assert.equal(exits.length, 16);
  });
});
