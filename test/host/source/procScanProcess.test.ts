import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { readProcess } from "../../../host/source/procScanProcess.js";
import { FakeProc } from "./fakeProc.js";

describe("what /proc tells of a process", () => {
  let proc: FakeProc;
  beforeEach(() => {
    proc = new FakeProc();
  });
  afterEach(() => proc.remove());
  const read = (pid: number) => readProcess(pid, { procPath: proc.path, v2: undefined });

  test("is read field by field", () => {
    proc.add({ pid: 40, parentPid: 12, startTicks: 12345 });
    const seen = read(40);
    assert.equal(seen?.stat.parentPid, 12);
    assert.equal(seen?.stat.startTicks, 12345n);
    assert.equal(seen?.uid, 7);
    assert.equal(seen?.auid, 1000);
    assert.equal(seen?.nsPid, 3);
    assert.equal(seen?.capInheritable, 1n);
    assert.equal(seen?.capPermitted, 0x1ff_ffff_ffffn);
    assert.equal(seen?.capEffective, 2n);
    assert.deepEqual(seen?.namespaces, [4026531838, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(seen?.cgroupName, "b");
  });

  test("is read right for a name made to confuse", () => {
    proc.add({ pid: 40, name: "a) S 1 (b", parentPid: 12, startTicks: 99 });
    assert.equal(read(40)?.stat.parentPid, 12);
    assert.equal(read(40)?.stat.startTicks, 99n);
  });

  test("is nothing for one that is gone or a zombie", () => {
    proc.add({ pid: 41, state: "Z" });
    assert.equal(read(40), undefined);
    assert.equal(read(41), undefined);
  });

  test("comes from a living thread if the leader is dead", () => {
    proc.add({ pid: 42, state: "Z" });
    proc.addThread(42, { pid: 43, args: "server\0-x\0", exe: "/usr/bin/server" });
    assert.equal(read(42)?.binary?.toString(), "/usr/bin/server");
    assert.equal(read(42)?.args?.toString(), "server\0-x\0");
  });

  test("has paths without the mark of a deleted file", () => {
    proc.add({ pid: 44, exe: "/tmp/gone (deleted)", cwd: "/tmp/away (deleted)" });
    assert.equal(read(44)?.binary?.toString(), "/tmp/gone");
    assert.equal(read(44)?.cwd?.toString(), "/tmp/away");
  });

  test("has paths as seen from the root of the process", () => {
    proc.add({ pid: 45, root: "/srv/jail", exe: "/srv/jail/bin/x", cwd: "/srv/jail" });
    assert.equal(read(45)?.binary?.toString(), "/bin/x");
    assert.equal(read(45)?.cwd?.toString(), "/");
    proc.add({ pid: 46, root: "/srv/jail", exe: "/srv/jailbreak/x", cwd: "/home" });
    assert.equal(read(46)?.binary?.toString(), "/srv/jailbreak/x");
    assert.equal(read(46)?.cwd?.toString(), "/home");
  });
});
