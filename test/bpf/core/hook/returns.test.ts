import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { workload } from "../harness.js";
import { intOf } from "./decode.js";
import { portable, runHooked } from "./harness.js";
import { argument, syscallHook } from "./specs.js";

const calls = workload("calls");
const returned = argument(0, "s64", { source: { kind: "return" } });

describe("a hook that reports at return", () => {
  test("has one record of entry and return, for each call", async () => {
    const spec = syscallHook("lseek", [argument(2, "s32")], { returned });
    const run = await runHooked(
      [
        calls,
        "lseek",
        "-1",
        "0",
        "7",
        ",",
        "openat",
        "-100",
        "/etc/hosts",
        "0",
        ",",
        "lseek",
        "%1",
        "5",
        "0",
      ],
      [spec],
    );
    assert.deepEqual(
      run.records.map(({ args }) => args.map(intOf)),
      [
        [7n, -9n],
        [0n, 5n],
      ],
    );
    assert.equal(run.counters[0]?.unmatched, 0);
    assert.equal(run.counters[0]?.posted, 2);
  });

  test("counts the calls that never return, and forgets them", async () => {
    const script = `for i in 1 2 3; do ${calls} getpid; done; exit 4`;
    let swept = 0;
    const run = await runHooked(
      ["/bin/sh", "-c", script],
      [syscallHook("exit_group", [argument(0, "s32")], { returned })],
      portable,
      ({ pending }) => {
        swept = pending.sweep();
        assert.equal(pending.sweep(), 0);
      },
    );
    assert.equal(run.exitCode, 4);
    assert.deepEqual(run.records, []);
    assert.equal(swept, 4);
    assert.equal(run.counters[0]?.calls, 4);
    assert.equal(run.counters[0]?.unmatched, 4);
  });
});
