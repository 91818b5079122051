import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { run, workload } from "./harness.js";

describe("a path in an exec record", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "paths-"));
  });
  // Some paths are longer than what Node can remove.
  after(() => execFileSync("rm", ["-rf", folder]));

  /** A directory whose path has so many bytes. */
  function longFolder(bytes: number): string {
    let deep = folder;
    while (bytes - deep.length > 252) deep += `/${"d".repeat(200)}`;
    deep += `/${"e".repeat(bytes - deep.length - 1)}`;
    mkdirSync(deep, { recursive: true });
    return deep;
  }

  test("is whole for a binary of 4,000 bytes", async () => {
    const deep = longFolder(3_996);
    const binary = `${deep}/nop`;
    copyFileSync(workload("nop"), binary);
    const { execs } = await run([binary]);
    assert.equal(execs[0]?.binary.length, 4_000);
    assert.equal(execs[0]?.binary, binary);
    assert.deepEqual(execs[0]?.flags, ["EXECVE", "CLONE"]);
  });

  test("is whole for a working directory of 4,090 bytes", async () => {
    const deep = longFolder(4_090);
    const { execs } = await run([workload("nop")], { cwd: deep });
    assert.equal(execs[0]?.cwd, deep);
    assert.deepEqual(execs[0]?.flags, ["EXECVE", "CLONE"]);
  });

  test("is whole for a working directory of 1,500 components", async () => {
    const place = ["cd", folder, "deep", "1500", "c"];
    const { execs } = await run([workload("place"), ...place, "--", workload("nop")]);
    assert.equal(execs[1]?.cwd, `${folder}${"/c".repeat(1500)}`);
    assert.deepEqual(execs[1]?.flags, ["EXECVE"]);
  });

  test("is cut and flagged when the working directory is longer than any path can be", async () => {
    const place = ["cd", folder, "deep", "45", "n".repeat(100)];
    const { execs, losses } = await run([workload("place"), ...place, "--", workload("nop")]);
    assert.deepEqual(execs[1]?.flags, ["EXECVE", "ERROR_PATH"]);
    assert.match(execs[1]?.cwd ?? "", /^(\/n{100}){40}$/, "what is nearest to the process stays");
    assert.equal(losses.readFailed, 1);
  });

  test("is that of a directory which is deleted by then", async () => {
    const place = ["cd", folder, "gone", "away"];
    const { execs } = await run([workload("place"), ...place, "--", workload("nop")]);
    assert.equal(execs[1]?.cwd, `${folder}/away`);
    assert.deepEqual(execs[1]?.flags, ["EXECVE"]);
  });

  test("is seen from the process's own root", async () => {
    const root = path.join(folder, "root");
    mkdirSync(path.join(root, "inside/deeper"), { recursive: true });
    copyFileSync(workload("nop"), path.join(root, "nop"));
    const place = ["root", root, "cd", "/inside/deeper"];
    const { execs } = await run([workload("place"), ...place, "--", "/nop"]);
    assert.equal(execs[1]?.binary, "/nop");
    assert.equal(execs[1]?.cwd, "/inside/deeper");

    const top = await run([workload("place"), "root", root, "cd", "/", "--", "/nop"]);
    assert.equal(top.execs[1]?.cwd, "/");
    assert.deepEqual(top.execs[1]?.flags, ["EXECVE", "ROOT_CWD"]);
  });

  test("crosses mounts", async () => {
    const { execs } = await run([workload("nop")], { cwd: "/proc/self/attr" });
    assert.match(execs[0]?.cwd ?? "", /^\/proc\/\d+\/attr$/);
    const system = await run([workload("nop")], { cwd: "/sys/kernel" });
    assert.equal(system.execs[0]?.cwd, "/sys/kernel");
  });
});
