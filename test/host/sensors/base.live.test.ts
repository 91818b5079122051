import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { GuidestarError } from "../../../host/errors.js";
import { type BaseOptions, loadBase } from "../../../host/sensors/base.js";
import { Gated, workload } from "../../bpf/core/harness.js";

function refusal(options: BaseOptions): GuidestarError {
  try {
    loadBase(options).close();
  } catch (error) {
    assert.ok(error instanceof GuidestarError, String(error));
    return error;
  }
  assert.fail("it was not refused");
}

function ownThread(): number {
  const other = readdirSync("/proc/self/task").find((tid) => Number(tid) !== process.pid);
  return Number(other);
}

describe("the base programs", () => {
  const self = { kind: "tree", rootPids: [process.pid] } as const;
  const refusals: readonly [string, BaseOptions, string, RegExp][] = [
    [
      "a tree without a root",
      { scope: { kind: "tree", rootPids: [] } },
      "INVALID_ARGUMENT",
      /root/,
    ],
    [
      "a root that is no pid",
      { scope: { kind: "tree", rootPids: [0] } },
      "INVALID_ARGUMENT",
      /^0 is no process id/,
    ],
    [
      "a root that does not exist",
      { scope: { kind: "tree", rootPids: [4194304] } },
      "NOT_FOUND",
      /^There is no process 4194304 to trace\.$/,
    ],
    [
      "a root that is a thread",
      { scope: { kind: "tree", rootPids: [ownThread()] } },
      "INVALID_ARGUMENT",
      /^\d+ is a thread of process \d+: name the process\.$/,
    ],
    [
      "a cgroup that does not exist",
      { scope: { kind: "cgroup", path: "/sys/fs/cgroup/nothing/here" } },
      "NOT_FOUND",
      /^\/sys\/fs\/cgroup\/nothing\/here is no cgroup v2: name a folder/,
    ],
    [
      "a folder that is no cgroup",
      { scope: { kind: "cgroup", path: "/usr" } },
      "NOT_FOUND",
      /^\/usr is no cgroup v2/,
    ],
    [
      "a ring of no power of two",
      { scope: self, ringBytes: 100_000 },
      "INVALID_ARGUMENT",
      /^The ring can't have 100000 bytes: .*power of two/,
    ],
    [
      "a process table without room",
      { scope: self, processTableEntries: 0 },
      "INVALID_ARGUMENT",
      /^The process table can't have 0 entries/,
    ],
  ];

  for (const [what, options, code, message] of refusals) {
    test(`refuse ${what}`, () => {
      const error = refusal(options);
      assert.equal(error.code, code);
      assert.match(error.message, message);
    });
  }

  test("tell how often they ran", async () => {
    const gated = new Gated([workload("nop")]);
    const base = loadBase({ scope: { kind: "tree", rootPids: [gated.pid] }, scan: false });
    try {
      const names = base.statistics().map(({ name }) => name);
      assert.deepEqual(names.toSorted(), ["process_exec", "process_exit", "process_fork"]);
      assert.ok(base.statistics().every(({ recursionMisses }) => recursionMisses === 0n));
    } finally {
      gated.kill();
      base.close();
    }
  });

  test("may be loaded more than once at a time, each for itself", async () => {
    const gated = new Gated([workload("nop")]);
    const scope = { kind: "tree", rootPids: [gated.pid] } as const;
    const [one, other] = [loadBase({ scope }), loadBase({ scope })];
    assert.notEqual(one.ringFd, other.ringFd);
    one.close();
    other.close();
    gated.kill();
  });
});
