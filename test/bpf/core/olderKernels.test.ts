import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { run, workload } from "./harness.js";

describe("the programs for kernels without bpf_loop", () => {
  test("tell the same, within their bounds", async () => {
    const base = { withoutLoopHelper: true };
    const short = await run([workload("nop"), "one", "two"], { base, cwd: "/usr/lib" });
    assert.deepEqual(short.execs[0]?.argv, [workload("nop"), "one", "two"]);
    assert.equal(short.execs[0]?.cwd, "/usr/lib");
    assert.deepEqual(short.execs[0]?.flags, ["EXECVE", "CLONE"]);

    const big = await run([workload("bigargs"), "400000", workload("nop")], { base });
    assert.deepEqual(big.execs[1]?.flags, ["EXECVE"]);
    assert.equal(big.execs[1]?.argv.length, 4);

    const tooBig = await run([workload("bigargs"), "1000000", workload("nop")], { base });
    assert.deepEqual(tooBig.execs[1]?.flags, ["EXECVE", "TRUNC_ARGS"]);
    assert.equal(tooBig.execs[1]?.spilledBytes, 512 * 1024);
  });
});
