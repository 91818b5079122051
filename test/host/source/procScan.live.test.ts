import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, copyFileSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BpfObject } from "../../../bpf/libbpf/index.js";
import { loadBase } from "../../../host/sensors/base.js";
import { readRecordLayout } from "../../../host/source/layout.js";
import { findCgroupMount } from "../../../host/source/procScanCgroup.js";
import { readProcess, type ScannedProcess } from "../../../host/source/procScanProcess.js";
import { scanRecord } from "../../../host/source/procScanRecord.js";
import { Decoder, type Exec } from "../../bpf/core/decode.js";
import { Collector, Gated, run, workload } from "../../bpf/core/harness.js";
import { act } from "../../conformance/case.js";
import { temporaryFolder } from "../../support/daemon.js";

const factsSeen = (seen: ScannedProcess | undefined) => [
  seen?.file?.inode ?? 0n,
  seen?.file?.links ?? 0,
  seen?.file?.mode ?? 0,
  seen?.file?.uid ?? 0,
  seen?.file?.gid ?? 0,
];
const factsTold = (exec: Exec | undefined) => [
  exec?.inode,
  exec?.links,
  exec?.mode,
  exec?.fileUid,
  exec?.fileGid,
];

const objectFile = fileURLToPath(new URL("../../../bpf/core/process.bpf.o", import.meta.url));
const object = BpfObject.open(readFileSync(objectFile));
const layout = readRecordLayout(object.btf);
object.close();

const scriptIn = (folder: string, name: string, text: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, text, { mode: 0o755 });
  return file;
};
/** Each makes its files in the folder, and returns what is to be run. */
const oddFiles: Readonly<Record<string, (folder: string) => readonly string[]>> = {
  "a script": (folder) => [scriptIn(folder, "script", `#!/bin/sh\nprintf .; read line\n`), "one"],
  "a script with an option and a long name": (folder) => [
    scriptIn(folder, "a-name-of-many-letters", `#!/bin/sh -u\nprintf .; read line\n`),
    "two words",
  ],
  "an interpreter that was given a script": (folder) =>
    ["/bin/sh", scriptIn(folder, "script", `#!/bin/sh\nprintf .; read line\n`)].map((word, i) =>
      i === 0 ? realpathSync(word) : word,
    ),
  "a file that is deleted by now": (folder) => {
    const copy = path.join(folder, "copy");
    copyFileSync(workload("until"), copy);
    return [act, "open", "5", copy, "unlink", copy, "at", "5", "", "x"];
  },
  "a file in memory": () => [act, "memfd", "7", workload("until"), "at", "7", "", "x"],
  "a set-id file": (folder) => {
    const copy = path.join(folder, "copy");
    copyFileSync(workload("until"), copy);
    chmodSync(copy, 0o6755);
    return [copy, "x"];
  },
};

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
      assert.deepEqual([seen?.euid, seen?.gid, seen?.egid], [exec?.euid, exec?.gid, exec?.egid]);
      assert.deepEqual(factsSeen(seen), factsTold(exec));
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

  for (const [what, prepare] of Object.entries(oddFiles)) {
    test(`tells the same of ${what} as its exec record`, async (t) => {
      const folder = temporaryFolder(t);
      const command = prepare(folder);
      let seen: ReturnType<typeof readProcess>;
      const { execs, rootPid } = await run(command, {
        meanwhile: async (gated) => {
          await once(gated.child.stdout ?? gated.child, "data");
          seen = readProcess(gated.pid, { procPath: "/proc", v2: undefined });
        },
      });
      const exec = execs.findLast(({ pid }) => pid === rootPid);
      assert.equal(seen?.interpreter?.toString() ?? "", exec?.interpreter);
      // A name like /dev/fd/7 is gone with what it stood for; the file's own is not.
      const name = exec?.binary.startsWith("/dev/fd/") ? exec.filePath : exec?.binary;
      assert.equal(seen?.binary?.toString(), name);
      assert.deepEqual(seen?.args?.toString().replace(/\0$/, "").split("\0"), exec?.argv);
      assert.deepEqual(factsSeen(seen), factsTold(exec));
      assert.equal(seen?.privileged, false);
      const record = new Decoder(layout).decode(
        scanRecord(layout, seen as ScannedProcess, { pid: 1, keyNs: 1n }, { pid: 0, keyNs: 0n }),
      ) as Exec;
      assert.equal(record.fileFlags, exec?.fileFlags);
      assert.equal(record.interpreter, exec?.interpreter);
      assert.equal(record.filePath, exec?.filePath);
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
