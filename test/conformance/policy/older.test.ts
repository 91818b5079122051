/** Processes that were there before the policy, and what is left of policies and processes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { workload } from "../../bpf/core/harness.js";
import { calls, callsOf, firstCall, runPolicies } from "./run.js";

const lseek = (number: number) => `${calls} lseek ${firstCall + number} 0 0`;
/** A shell below a shell, both waiting when the policies come; what each makes then. */
const inner = `echo .; read line; ${lseek(0)}; true`;
const outer = `/bin/bash -c '${inner}'; ${lseek(1)}; true`;
const command = ["/bin/sh", "-c", outer];

const hook = (selector: string) => `kprobes:
- call: sys_lseek
  syscall: true
  args: [{index: 0, type: int}]
  selectors: [{${selector}, matchArgs: [{index: 0, operator: GT, values: ["999"]}]}]`;
const binary = (operator: string, value: string) =>
  hook(`matchBinaries: [{operator: ${operator}, values: ["${value}"], followChildren: true}]`);

for (const late of ["policies", "base"] as const) {
  describe(`processes that were there before the ${late}`, () => {
    test("are known by what they are and what they stem from", async () => {
      const run = await runPolicies(
        command,
        (root) => [
          binary("Postfix", "/bash"),
          binary("Prefix", "/bin/d"),
          binary("Postfix", "sh"),
          binary("NotPostfix", "/bash"),
          hook(`matchPIDs: [{operator: In, values: [${root}], followForks: true}]`),
          hook(`matchPIDs: [{operator: NotIn, values: [${root}], followForks: true}]`),
          hook(`matchPIDs: [{operator: In, values: [1], followForks: true}]`),
        ],
        { late },
      );
      assert.deepEqual(
        run.observed.map((each) => callsOf(each)),
        [[0], [], [0, 1], [1], [0, 1], [], []],
      );
    });
  });
}

test("policies that are gone leave nothing behind, nor do processes", async () => {
  const run = await runPolicies(command, (root) => [
    binary("Postfix", "/bash"),
    binary("Postfix", "/bash"),
    hook(`matchPIDs: [{operator: In, values: [${root}], followForks: true}]`),
    hook(`matchBinaries: [{operator: In, values: ["/some/thing"]}]`),
    hook(`matchBinaries: [{operator: Prefix, values: ["/bin", "/bin/b"]}]`),
  ]);
  assert.deepEqual(run.left, { marked: 0, followed: 0, sets: 0 });
});

describe("descriptors that are followed", () => {
  const follow = `kprobes:
- call: sys_mkdirat
  syscall: true
  args: [{index: 0, type: int}, {index: 1, type: string}]
  selectors: [{matchActions: [{action: FollowFD, argFd: 0, argName: 1}, {action: NoPost}]}]`;
  const many = workload("manyfds");

  test("are forgotten with their process", async () => {
    const run = await runPolicies([many, "0", "500"], () => [follow]);
    assert.equal(run.observed[0]?.counters.actions, 500);
    assert.equal(run.left.followed, 0);
  });

  test("make room for each other when there are too many", async () => {
    const count = 33_000;
    const run = await runPolicies([many, "1000", String(1000 + count)], () => [follow]);
    assert.equal(run.observed[0]?.counters.actions, count);
    assert.equal(run.observed[0]?.counters.failed, 0);
    assert.equal(run.left.followed, 32_000);
  });
});
