import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { workload } from "../harness.js";
import { intOf, textOf } from "./decode.js";
import { runHooked } from "./harness.js";
import { argument, syscallHook, userArgument } from "./specs.js";

describe("a hook on a system call, through the raw tracepoint", () => {
  test("reports the calls of the traced process with their integers, and no others", async () => {
    const spec = syscallHook("lseek", [argument(0, "s32"), argument(1, "s64"), argument(2, "u32")]);
    const run = await runHooked([workload("calls"), "lseek", "-1", "-5", "4444"], [spec]);
    assert.deepEqual(run.mechanisms, ["sys_enter"]);
    assert.equal(run.records.length, 1);
    const [record] = run.records;
    assert.equal(record?.pid, run.rootPid);
    assert.equal(record?.tid, run.rootPid);
    assert.equal(record?.parentPid, process.pid);
    assert.equal(record?.hook, 1);
    assert.equal(record?.selector, 0xffff);
    assert.deepEqual(record?.actions, ["POST"]);
    assert.deepEqual(record?.args.map(intOf), [-1n, -5n, 4444n]);
    assert.deepEqual(
      record?.args.map(({ kind, position, error }) => [kind, position, error]),
      [0, 1, 2].map((position) => ["INT", position, "OK"]),
    );
    assert.equal(run.counters[0]?.calls, 1);
    assert.equal(run.counters[0]?.posted, 1);
    assert.deepEqual(run.losses, { ring: 0, ringProcess: 0, tableFull: 0, readFailed: 0 });
  });

  test("has strings of user space", async () => {
    const spec = syscallHook("mkdirat", [argument(0, "s32"), userArgument(1, "string")]);
    const run = await runHooked(
      [workload("calls"), "mkdirat", "-100", "/nowhere/at all", "0"],
      [spec],
    );
    const [record] = run.records;
    assert.deepEqual(record?.args.slice(0, 1).map(intOf), [-100n]);
    assert.deepEqual(record?.args.slice(1).map(textOf), ["/nowhere/at all"]);
  });
});
