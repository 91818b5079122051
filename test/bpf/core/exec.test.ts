import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { run, workload } from "./harness.js";

describe("an exec record", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "exec-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("has the binary, every argument and the working directory", async () => {
    const argv = [workload("nop"), "one", "two words", "", "três", ""];
    const { execs, rootPid } = await run(argv, { cwd: folder });
    assert.equal(execs.length, 1);
    const [exec] = execs;
    assert.equal(exec?.pid, rootPid);
    assert.equal(exec?.binary, workload("nop"));
    assert.equal(exec?.interpreter, "");
    assert.equal(exec?.cwd, folder);
    assert.deepEqual(exec?.argv, argv);
    assert.deepEqual(exec?.flags, ["EXECVE", "CLONE"]);
    assert.equal(exec?.uid, process.getuid?.());
  });

  test("names guidestar as the parent of a process that it started", async () => {
    const { execs } = await run([workload("nop")]);
    assert.equal(execs[0]?.parent.pid, process.pid);
    assert.notEqual(execs[0]?.parent.keyNs, 0n);
  });

  test("says rootcwd in the root directory", async () => {
    const { execs } = await run([workload("nop")], { cwd: "/" });
    assert.equal(execs[0]?.cwd, "/");
    assert.deepEqual(execs[0]?.flags, ["EXECVE", "ROOT_CWD", "CLONE"]);
  });

  test("leaves a relative binary as it was given", async () => {
    const cwd = path.dirname(workload("nop"));
    const { execs } = await run(["./nop"], { cwd });
    assert.equal(execs[0]?.binary, "./nop");
    assert.equal(execs[0]?.cwd, cwd);
  });

  test("of a script has the script as its binary, and the interpreter", async () => {
    const script = path.join(folder, "script");
    writeFileSync(script, "#!/bin/sh -e\nexit 4\n");
    chmodSync(script, 0o755);
    const { execs, exits } = await run([script, "arg"]);
    assert.equal(execs[0]?.binary, script);
    assert.equal(execs[0]?.interpreter, "/bin/sh");
    assert.deepEqual(execs[0]?.argv, ["/bin/sh", "-e", script, "arg"]);
    assert.equal(exits[0]?.code, 4 << 8);
  });

  test("carries on from the one before it in the same process", async () => {
    const { execs, exits } = await run([workload("place"), "--", workload("nop")]);
    const [first, second] = execs;
    assert.equal(execs.length, 2);
    assert.deepEqual(second?.flags, ["EXECVE"], "no fork came before the second");
    assert.equal(second?.previousKeyNs, first?.keyNs);
    assert.equal(second?.startNs, first?.startNs);
    assert.ok((second?.keyNs ?? 0n) > (first?.keyNs ?? 0n));
    assert.equal(exits.length, 1);
    assert.equal(exits[0]?.keyNs, second?.keyNs);
  });

  test("says execveat when that was called, whatever the path", async () => {
    const memory = await run([workload("place"), "memfd", "--", workload("nop"), "arg"]);
    assert.deepEqual(memory.execs[1]?.flags, ["EXECVE", "EXECVEAT"]);
    assert.match(memory.execs[1]?.binary ?? "", /^\/dev\/fd\/\d+$/);
    assert.deepEqual(memory.execs[1]?.argv, [workload("nop"), "arg"]);

    const relative = await run([workload("place"), "at", "--", workload("nop")]);
    assert.deepEqual(relative.execs[1]?.flags, ["EXECVE", "EXECVEAT"]);
    assert.match(relative.execs[1]?.binary ?? "", /^\/dev\/fd\/\d+\/nop$/);
  });

  test("has its time and key on the clock that never stops", async () => {
    const { execs, exits } = await run([workload("nop")]);
    assert.equal(execs[0]?.timeNs, execs[0]?.keyNs);
    assert.ok((execs[0]?.startNs ?? 0n) < (execs[0]?.keyNs ?? 0n));
    assert.ok((exits[0]?.timeNs ?? 0n) > (execs[0]?.timeNs ?? 0n));
  });

  test("tells of a change of user", async () => {
    const { execs } = await run([workload("place"), "uid", "12345", "--", workload("nop")]);
    assert.equal(execs[1]?.uid, 12345);
    assert.equal(execs[1]?.capabilities.effective, 0n);
    assert.notEqual(execs[0]?.capabilities.effective, 0n);
  });
});
