import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { loadBase } from "../../../host/sensors/base.js";
import { openProcessTable } from "../../../host/source/processTable.js";
import { ProcLookup } from "../../../host/source/procLookup.js";
import { readStat, startKeyNs } from "../../../host/source/procScanFiles.js";
import { Decoder, type Exec } from "../../bpf/core/decode.js";
import { Collector, Gated, workload } from "../../bpf/core/harness.js";

test("a process that lives is found by its name in the kernel's table, and by no other", async () => {
  const gated = new Gated([workload("until"), "two words"]);
  const scope = { kind: "tree", rootPids: [gated.pid], spawned: true } as const;
  const base = loadBase({ scope, scan: false });
  const { layout } = base;
  const table = openProcessTable(base.tableFd, layout);
  const collector = new Collector(base);
  try {
    gated.open();
    await once(gated.child.stdout ?? gated.child, "data");
    const { pid } = gated;
    const keyNs = table.keyNsOf(pid) ?? 0n;
    const lookup = new ProcLookup({ scope, layout, table });
    const found = lookup.find({ pid, keyNs });
    assert.ok(found);
    const record = new Decoder(layout).decode(found) as Exec;
    collector.drain();
    const [exec] = collector.result().execs;
    assert.deepEqual(
      [record.pid, record.keyNs, record.binary, record.argv, record.parent],
      [exec?.pid, exec?.keyNs, exec?.binary, exec?.argv, exec?.parent],
    );
    assert.deepEqual(
      [record.uid, record.cwd, record.cgroupName, record.inode, record.namespaces.slice(0, 4)],
      [exec?.uid, exec?.cwd, exec?.cgroupName, exec?.inode, exec?.namespaces.slice(0, 4)],
    );
    assert.deepEqual(record.flags.slice(0, 1), ["PROCFS"]);

    assert.equal(
      lookup.find({ pid, keyNs: keyNs - 1n }),
      undefined,
      "the instance before its exec",
    );
    const self = readStat("/proc/self");
    assert.ok(self);
    const outside = { pid: process.pid, keyNs: startKeyNs(self) };
    assert.equal(lookup.find(outside), undefined, "not in the tree");
    const everywhere = new ProcLookup({ scope: { kind: "all" }, layout, table });
    assert.ok(everywhere.find(outside), "in scope if everything is");
    assert.equal(
      everywhere.find({ ...outside, keyNs: 1n }),
      undefined,
      "one that had its pid before",
    );
    await gated.end();
    assert.equal(lookup.find({ pid, keyNs }), undefined, "it has ended");
  } finally {
    collector.close();
    table.close();
    gated.kill();
    base.close();
  }
});
