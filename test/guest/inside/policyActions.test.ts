/** What policies do to processes. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { hookFeatures } from "../../../host/sensors/hook/features.js";
import { workload } from "../../bpf/core/harness.js";
import { calls, callsOf, runPolicies } from "../../conformance/policy/run.js";

const doomed = workload("doomed");
const tries = 1000;

let folder: string;
let file: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), "actions-"));
  file = path.join(folder, "made");
});
after(() => rmSync(folder, { recursive: true, force: true }));

const onMkdir = (actions: string, value = file) => `kprobes:
- call: sys_mkdir
  syscall: true
  args: [{index: 0, type: string}]
  selectors: [{matchArgs: [{index: 0, operator: Equal, values: ["${value}"]}], matchActions: [${actions}]}]`;

describe("Sigkill", () => {
  test(`ends the process before the call returns, ${tries} times of ${tries}`, async () => {
    const run = await runPolicies([doomed, file, String(tries)], () => [
      onMkdir("{action: Sigkill}"),
    ]);
    assert.equal(run.output.trim(), `${tries} 0 0`);
    const [observed] = run.observed;
    assert.equal(observed?.records.length, tries);
    for (const { actions, signal, flags } of observed?.records ?? []) {
      assert.deepEqual(actions, ["POST", "SIGNAL"]);
      assert.equal(signal, 9);
      assert.deepEqual(flags, []);
    }
    assert.equal(observed?.counters.actions, tries);
    assert.equal(observed?.counters.failed, 0);
  });

  test("leaves alone what no selector matches", async () => {
    const run = await runPolicies([doomed, file, "20"], () => [
      onMkdir("{action: Sigkill}", `${file}2`),
    ]);
    assert.equal(run.output.trim(), "0 0 20");
    assert.equal(run.observed[0]?.counters.actions, 0);
  });

  test("kills silently with NoPost", async () => {
    const run = await runPolicies([doomed, file, "5"], () => [
      onMkdir("{action: Sigkill}, {action: NoPost}"),
    ]);
    assert.equal(run.output.trim(), "5 0 0");
    assert.deepEqual(run.observed[0]?.records, []);
    assert.equal(run.observed[0]?.counters.actions, 5);
  });

  test("is only told in monitor mode, which can be changed while the policy is there", async () => {
    const monitored = await runPolicies([doomed, file, "5"], () => [onMkdir("{action: Sigkill}")], {
      monitor: true,
    });
    assert.equal(monitored.output.trim(), "0 0 5");
    for (const { actions, flags, signal } of monitored.observed[0]?.records ?? []) {
      assert.deepEqual([actions, flags, signal], [["POST"], ["MONITORED"], 0]);
    }
    assert.equal(monitored.observed[0]?.records.length, 5);
    const enforced = await runPolicies([doomed, file, "5"], () => [onMkdir("{action: Sigkill}")], {
      monitor: true,
      ready: ([hook]) => hook?.setMonitor(false),
    });
    assert.equal(enforced.output.trim(), "5 0 0");
  });
});

test("Signal sends another signal, whose default ends the process", async () => {
  const run = await runPolicies([calls, "mkdirat", "-100", file, "0"], () => [
    `kprobes:
- call: sys_mkdirat
  syscall: true
  args: [{index: 1, type: string}]
  selectors: [{matchArgs: [{index: 1, operator: Prefix, values: ["${folder}"]}], matchActions: [{action: Signal, argSig: 10}]}]`,
  ]);
  assert.equal(run.signal, "SIGUSR1");
  assert.equal(run.observed[0]?.records[0]?.signal, 10);
  // A signal does not keep the call from being made.
  rmSync(file, { recursive: true, force: true });
});

const features = hookFeatures();

describe("Override", () => {
  test("on a security hook: the error comes back, and nothing was made", async () => {
    assert.ok(features.lsm);
    const run = await runPolicies([doomed, file, "100"], () => [
      `lsmhooks:
- hook: path_mkdir
  args: [{index: 1, type: dentry}]
  selectors: [{matchArgs: [{index: 1, operator: Postfix, values: ["/made"]}], matchActions: [{action: Override, argError: -1}]}]`,
    ]);
    const [seen] = run.observed;
    assert.equal(run.output.trim(), "0 100 0", JSON.stringify([seen?.counters, seen?.missed]));
    assert.ok(!existsSync(file));
    assert.equal(run.observed[0]?.records.length, 100);
    for (const { actions, overrideError } of run.observed[0]?.records ?? []) {
      assert.deepEqual([actions, overrideError], [["POST", "OVERRIDE"], -1]);
    }
  });

  test("on a function that may be made to fail", async () => {
    const run = await runPolicies([doomed, file, "100"], () => [
      `kprobes:
- call: security_path_mkdir
  args: [{index: 1, type: dentry}]
  selectors: [{matchArgs: [{index: 1, operator: Postfix, values: ["/made"]}], matchActions: [{action: Override, argError: -1}]}]`,
    ]);
    assert.equal(run.output.trim(), "0 100 0");
  });

  test("in monitor mode lets the call be", async () => {
    const run = await runPolicies(
      [doomed, file, "10"],
      () => [
        `lsmhooks:
- hook: path_mkdir
  args: [{index: 1, type: dentry}]
  selectors: [{matchArgs: [{index: 1, operator: Postfix, values: ["/made"]}], matchActions: [{action: Override, argError: -1}]}]`,
      ],
      { monitor: true },
    );
    assert.equal(run.output.trim(), "0 0 10");
    for (const { flags } of run.observed[0]?.records ?? []) assert.deepEqual(flags, ["MONITORED"]);
    assert.equal(run.observed[0]?.records.length, 10);
  });

  test("on a system call, where the kernel allows it", async (context) => {
    const load = runPolicies([doomed, file, "100"], () => [
      onMkdir("{action: Override, argError: -1}"),
    ]);
    if (!features.overrideReturn) {
      await assert.rejects(load, /Override is not possible/);
      return context.diagnostic("this kernel does not let system calls be overridden");
    }
    assert.equal((await load).output.trim(), "0 100 0");
  });
});

test("the same cases, through fentry: a call by its descriptor's path", async () => {
  const run = await runPolicies(
    [calls, "openat", "-100", calls, "0", ",", "lseek", "%0", "0", "1000"],
    () => [
      `kprobes:
- call: sys_lseek
  syscall: true
  args: [{index: 0, type: fd}, {index: 2, type: int}]
  selectors: [{matchArgs: [{index: 0, operator: Equal, values: ["${calls}"]}]}]`,
    ],
  );
  assert.deepEqual(callsOf(run.observed[0] as never, 1), [0]);
});
