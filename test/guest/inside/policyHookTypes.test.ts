/** Hooks as policies write them, of the kinds and types that only a whole kernel has. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, describe, test } from "node:test";
import { parsePolicyDocument } from "../../../host/policy/document/document.js";
import type { HookSpec } from "../../../host/policy/hookSpec.js";
import { kernelFacts } from "../../../host/policy/kernel/kernelFacts.js";
import { resolvePolicy } from "../../../host/policy/resolve/resolve.js";
import { hookFeatures } from "../../../host/sensors/hook/features.js";
import { workload } from "../../bpf/core/harness.js";
import { type HookArgument, intOf, pathOf, structOf, textOf } from "../../bpf/core/hook/decode.js";
import { runHooked } from "../../bpf/core/hook/harness.js";

const calls = workload("calls");
const features = hookFeatures();

function hooksOf(spec: string): readonly HookSpec[] {
  const yaml = `apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: test\nspec:\n${spec}`;
  return resolvePolicy(parsePolicyDocument(yaml), kernelFacts()).spec.hooks;
}

const run = (command: readonly string[], spec: string) =>
  runHooked(command, hooksOf(spec), features);

/** The argument at this place in the last record that has one. */
function argument(
  records: readonly { readonly args: readonly HookArgument[] }[],
  position: number,
) {
  const found = records.at(-1)?.args.find((each) => each.position === position);
  assert.ok(found, `no argument ${position} in ${records.length} records`);
  return found;
}

describe("a tracepoint", () => {
  test("has its fields by their numbers", async () => {
    const { mechanisms, records } = await run(
      [calls, "lseek", "-1", "0", "4444"],
      `  tracepoints:
    - subsystem: syscalls
      event: sys_enter_lseek
      args: [{ index: 7 }, { index: 5 }]`,
    );
    assert.deepEqual(mechanisms, ["tracepoint"]);
    assert.equal(records.length, 1);
    assert.equal(intOf(argument(records, 0)), 4444n);
    assert.equal(BigInt.asIntN(32, intOf(argument(records, 1))), -1n);
  });

  test("has texts that lie in its record", async () => {
    const { records } = await run(
      [calls, "getpid"],
      `  tracepoints:
    - subsystem: sched
      event: sched_process_exec
      args: [{ index: 4, type: string }, { index: 5 }]`,
    );
    assert.equal(textOf(argument(records, 0)), calls);
    assert.equal(intOf(argument(records, 1)), BigInt(records[0]?.pid ?? 0));
  });
});

describe("a function of a program", () => {
  test("has its arguments, in its own memory, and its result", async () => {
    const { mechanisms, records } = await run(
      [calls, "lseek", "-1", "0", "0", ",", "getpid"],
      `  uprobes:
    - path: ${calls}
      symbols: [make_call]
      args: [{ index: 1, type: int32 }]
      return: true
      returnArg: { type: int64 }`,
    );
    assert.deepEqual(mechanisms, ["uprobe"]);
    assert.deepEqual(
      records.map(({ args }) => args.map(intOf)[0]),
      [4n, 1n],
    );
    const results = records.map(({ pid, args }) => ({
      pid,
      result: intOf(args[1] as HookArgument),
    }));
    assert.equal(results[0]?.result, -9n);
    assert.equal(results[1]?.result, BigInt(results[1]?.pid ?? 0));
  });
});

describe("Override", () => {
  const opening = [calls, "-v", "openat", "-100", "/etc/hosts", "0", "0"];

  for (const [kind, mechanism, spec] of [
    [
      "a security hook",
      "lsm",
      `  lsmhooks:
    - hook: file_open
      args: [{ index: 0, type: file }]`,
    ],
    [
      "a security function of the kernel",
      "fmod_ret",
      `  kprobes:
    - call: security_file_open
      syscall: false
      args: [{ index: 0, type: file }]`,
    ],
  ] as const) {
    test(`has ${kind} fail, and only what matches`, async () => {
      const { output, mechanisms, records } = await run(
        [...opening, ",", "openat", "-100", "/etc/passwd", "0", "0"],
        `${spec}
      selectors:
        - matchArgs: [{ index: 0, operator: Equal, values: [/etc/hosts] }]
          matchActions: [{ action: Override, argError: -13 }]`,
      );
      assert.deepEqual(mechanisms, [mechanism]);
      assert.deepEqual(output.trim().split("\n"), ["-13", "3"]);
      assert.equal(records.length, 1);
      assert.equal(records[0]?.overrideError, -13);
      assert.ok(records[0]?.actions.includes("OVERRIDE"));
      assert.equal(pathOf(argument(records, 0)), "/etc/hosts");
    });
  }
});

describe("stacks", () => {
  test("of the kernel and of the program come with the record", async () => {
    const { records } = await run(
      [calls, "openat", "-100", "/etc/hosts", "0", "0"],
      `  kprobes:
    - call: security_file_open
      syscall: false
      args: [{ index: 0, type: file }]
      selectors:
        - matchActions: [{ action: Post, kernelStackTrace: true, userStackTrace: true }]`,
    );
    const kernel = argument(records, 17);
    const user = argument(records, 18);
    assert.deepEqual([kernel.kind, user.kind], ["STACK", "STACK"]);
    assert.ok(kernel.payload.length >= 8 * 4, `${kernel.payload.length} bytes`);
    assert.ok(kernel.payload.readBigUInt64LE(0) > 0xffff_0000_0000_0000n);
    assert.ok(user.payload.length >= 8 && user.payload.readBigUInt64LE(0) < 1n << 47n);
  });
});

describe("what happens with eBPF", () => {
  const bpftool = (...args: string[]) => ["/usr/sbin/bpftool", ...args];
  const text = (value: unknown) => (value as Buffer).toString().replace(/\0.*$/s, "");

  test("maps are told by type, sizes and name", async () => {
    const { records, btf } = await run(
      bpftool(
        ..."map create /sys/fs/bpf/seen type hash key 4 value 24 entries 17 name seen".split(" "),
      ),
      `  kprobes:
    - call: security_bpf_map
      syscall: false
      args: [{ index: 0, type: bpf_map }]
    - call: security_bpf
      syscall: false
      args: [{ index: 0, type: int32 }, { index: 1, type: bpf_attr }]`,
    );
    const maps = records.filter(({ hook }) => hook === 1);
    const map = structOf(btf, "gs_bpf_object", argument(maps, 0));
    assert.deepEqual(
      [map.type, map.key_size, map.value_size, map.max_entries, text(map.name)],
      [1n, 4n, 24n, 17n, "seen"],
    );
    const attributes = records.filter(({ hook }) => hook === 2);
    assert.ok(attributes.some(({ args }) => args[0] && intOf(args[0]) === 0n));
    assert.ok(attributes.every(({ args }) => args[1]?.kind === "BPF_ATTR"));
  });

  test("programs are told by type, length and name", async () => {
    const { records, btf } = await run(
      bpftool(..."prog show".split(" ")),
      `  kprobes:
    - call: security_bpf_prog
      syscall: false
      args: [{ index: 0, type: bpf_prog }]`,
    );
    const programs = records.map(({ args }) =>
      structOf(btf, "gs_bpf_object", args[0] as HookArgument),
    );
    assert.ok(
      programs.some(({ name }) => text(name) === "process_exit"),
      String(programs.map(({ name }) => text(name))),
    );
    assert.ok(programs.every(({ instructions }) => (instructions as bigint) > 0n));
  });
});

after(() => {
  rmSync("/sys/fs/bpf/seen", { force: true });
});
