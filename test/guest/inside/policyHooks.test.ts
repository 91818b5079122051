/** Hooks of policies where all ways to attach them are there. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { HookSpec } from "../../../host/policy/hookSpec.js";
import { type HookFeatures, hookFeatures } from "../../../host/sensors/hook/features.js";
import { workload } from "../../bpf/core/harness.js";
import { intOf, pathOf, textOf } from "../../bpf/core/hook/decode.js";
import { runHooked } from "../../bpf/core/hook/harness.js";
import {
  argument,
  functionHook,
  hookOn,
  syscallHook,
  userArgument,
} from "../../bpf/core/hook/specs.js";

const all = hookFeatures();
const onlyProbes: HookFeatures = { ...all, fentry: false };
const calls = workload("calls");

test("this kernel has them all", () => {
  assert.deepEqual(all, {
    fentry: true,
    kprobe: true,
    fmodRet: true,
    lsm: true,
    overrideReturn: all.overrideReturn,
  });
});

for (const [mechanism, features] of [
  ["fentry", all],
  ["kprobe", onlyProbes],
] as const) {
  describe(`through ${mechanism}`, () => {
    test("a system call has what user space passed, and what it got", async () => {
      const args = [argument(0, "s32"), userArgument(1, "string"), argument(3, "u32")];
      const spec = syscallHook("openat", args, {
        returned: argument(0, "s32", { source: { kind: "return" } }),
      });
      const run = await runHooked(
        [calls, "openat", "-100", "/nowhere", "0", "0777", ",", "openat", "-100", "/", "0", "0"],
        [spec],
        features,
      );
      assert.deepEqual(run.mechanisms, [mechanism]);
      const own = run.records.slice(-2);
      assert.deepEqual(
        own.map(({ args }) =>
          args.map((arg) => (arg.kind === "STRING" ? textOf(arg) : intOf(arg))),
        ),
        [
          [-100n, "/nowhere", 0o777n, -2n],
          [-100n, "/", 0n, 3n],
        ],
      );
      assert.deepEqual(own[0]?.flags, ["RETURNED"]);
      assert.deepEqual(
        own[0]?.args.map(({ position }) => position),
        [0, 1, 2, 16],
      );
      assert.equal(run.counters[0]?.lost, 0);
    });

    test("a kernel function has its arguments", async () => {
      const spec = functionHook("security_file_open", [argument(0, "file")]);
      const run = await runHooked(
        [calls, "openat", "-100", "/etc/hosts", "0", "0"],
        [spec],
        features,
      );
      assert.deepEqual(run.mechanisms, [mechanism]);
      assert.deepEqual(run.records.map(({ args }) => args.map(pathOf)).slice(-1), [["/etc/hosts"]]);
    });

    test("bytes that a call writes are read when it returns", async () => {
      const args = [
        argument(0, "s32"),
        userArgument(1, "char_buf", { length: { kind: "returned" } }),
        argument(2, "size_t"),
      ];
      const spec = syscallHook("read", args, {
        returned: argument(0, "s64", { source: { kind: "return" } }),
      });
      const run = await runHooked(
        [calls, "openat", "-100", "/proc/self/comm", "0", "0", ",", "read", "%0", "@-100", "100"],
        [spec],
        features,
      );
      const [record] = run.records.slice(-1);
      assert.deepEqual(
        record?.args.map(({ position }) => position),
        [0, 1, 2, 16],
      );
      assert.equal(record?.args[1] && textOf(record.args[1]), "calls\n");
      assert.equal(record?.args[2] && intOf(record.args[2]), 100n);
      assert.equal(record?.args[3] && intOf(record.args[3]), 6n);
    });
  });
}

describe("a security hook", () => {
  test("has its arguments", async () => {
    const target = { kind: "lsm", hook: "file_open" } as const;
    const run = await runHooked(
      [calls, "openat", "-100", "/etc/hosts", "0", "0"],
      [hookOn(target, "file_open", [argument(0, "file")])],
      all,
    );
    assert.deepEqual(run.mechanisms, ["lsm"]);
    assert.deepEqual(run.records.map(({ args }) => args.map(pathOf)).slice(-1), [["/etc/hosts"]]);
  });
});

describe("a kernel function that does not exist", () => {
  test("is refused by its name", async () => {
    const spec: HookSpec = functionHook("security_file_opne", []);
    await assert.rejects(
      runHooked([calls], [spec], all),
      /security_file_opne can't be hooked: .*\.$/,
    );
  });
});
