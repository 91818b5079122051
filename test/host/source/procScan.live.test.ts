import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { loadBase } from "../../../host/sensors/base.js";
import { findCgroupMount } from "../../../host/source/procScanCgroup.js";
import { readProcess } from "../../../host/source/procScanProcess.js";
import { Collector, Gated, run, workload } from "../../bpf/core/harness.js";

describe("the scan of /proc", () => {
  for (const place of [[], ["spaces"], ["cd", "/usr/lib", "uid", "4711"]]) {
    test(`tells the same of a process as its exec record: ${place.join(" ") || "plain"}`, async () => {
      const v2 = findCgroupMount();
      let seen: ReturnType<typeof readProcess>;
      const { execs, rootPid } = await run(
        [workload("place"), ...place, "--", workload("until"), "two words", ""],
        {
          meanwhile: async (gated) => {
            await once(gated.child.stdout ?? gated.child, "data");
            seen = readProcess(gated.pid, { procPath: "/proc", v2 });
          },
        },
      );
      const exec = execs[1];
      assert.equal(seen?.pid, rootPid);
      assert.equal(seen?.binary?.toString(), exec?.binary);
      assert.equal(seen?.cwd?.toString(), exec?.cwd);
      assert.deepEqual(seen?.args?.toString().replace(/\0$/, "").split("\0"), exec?.argv);
      assert.equal(seen?.uid, exec?.uid);
      assert.equal(seen?.auid, exec?.auid);
      assert.equal(seen?.nsPid, exec?.nsPid);
      assert.equal(seen?.capEffective, exec?.capabilities.effective);
      assert.equal(seen?.capPermitted, exec?.capabilities.permitted);
      assert.equal(seen?.capInheritable, exec?.capabilities.inheritable);
      // /proc has no link for a pid namespace that has no process yet.
      const expected = exec?.namespaces.map((inode, i) => (seen?.namespaces[i] === 0 ? 0 : inode));
      assert.deepEqual(seen?.namespaces, expected);
      assert.ok((seen?.namespaces.filter((inode) => inode !== 0).length ?? 0) >= 9);
      assert.equal(seen?.cgroupName, exec?.cgroupName);
      assert.equal(seen?.cgroupId, exec?.cgroupId);
      const startNs = (seen?.stat.startTicks ?? 0n) * 10_000_000n;
      assert.equal(startNs, ((exec?.startNs ?? 0n) / 10_000_000n) * 10_000_000n);
    });
  }

  test("comes before what the kernel tells, and names processes as the kernel does", async () => {
    const gated = new Gated([
      "/bin/sh",
      "-c",
      `${workload("until")} first; exec ${workload("nop")} then`,
    ]);
    gated.open();
    await once(gated.child.stdout ?? gated.child, "data");
    const base = loadBase({ scope: { kind: "tree", rootPids: [gated.pid] } });
    const collector = new Collector(base);
    try {
      await collector.during(gated.end());
      const { execs, exits } = collector.result();
      const [self, shell, until, then] = execs;
      assert.equal(execs.length, 4);
      assert.equal(self?.pid, process.pid, "guidestar, as the parent of the root");
      assert.equal(shell?.pid, gated.pid);
      assert.deepEqual(shell?.parent, { pid: process.pid, keyNs: self?.keyNs });
      assert.match(shell?.flags.join(" ") ?? "", /^PROCFS/);
      assert.deepEqual(until?.argv, [workload("until"), "first"]);
      assert.deepEqual(until?.parent, { pid: gated.pid, keyNs: shell?.keyNs });
      assert.equal(exits[0]?.pid, until?.pid);
      assert.equal(exits[0]?.keyNs, until?.keyNs);
      assert.deepEqual(then?.argv, [workload("nop"), "then"]);
      assert.equal(then?.previousKeyNs, shell?.keyNs);
      assert.deepEqual(then?.parent, shell?.parent);
      assert.equal(exits.length, 2, "guidestar itself is shown, not traced");
    } finally {
      collector.close();
      gated.kill();
      base.close();
    }
  });

  test("leaves a root out that only waits for its exec", async () => {
    const gated = new Gated([workload("nop")]);
    const base = loadBase({ scope: { kind: "tree", rootPids: [gated.pid], spawned: true } });
    const collector = new Collector(base);
    try {
      gated.open();
      await collector.during(gated.end());
      const { execs } = collector.result();
      assert.deepEqual(
        execs.map((exec) => exec.pid),
        [process.pid, gated.pid],
      );
      assert.deepEqual(execs[1]?.parent, { pid: process.pid, keyNs: execs[0]?.keyNs });
      assert.deepEqual(execs[1]?.flags, ["EXECVE", "CLONE"]);
    } finally {
      collector.close();
      gated.kill();
      base.close();
    }
  });
});
