/** What policies do besides reporting: as far as it changes no process. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { pathOf } from "../../bpf/core/hook/decode.js";
import { calls, callsOf, firstCall, type Observed, type PolicyRun, runPolicies } from "./run.js";
import { defineGroup } from "./suite.js";

const lseek = (number: number, offset: number | string = 0, whence: number | string = 0) => [
  ...["lseek", String(firstCall + number), String(offset), String(whence)],
];
const joined = (all: readonly (readonly string[])[]): string[] =>
  all.flatMap((words, i) => (i > 0 ? [",", ...words] : [...words]));

const post = (limit: string, scope?: string) =>
  `{action: Post, rateLimit: ${limit}${scope === undefined ? "" : `, rateLimitScope: ${scope}`}}`;

describe("a limit of rate", () => {
  defineGroup({
    name: "in one thread",
    command: [calls, ...joined([lseek(1), lseek(1), lseek(2), lseek(1), lseek(2), lseek(3, 5)])],
    hook: "call: sys_lseek\nsyscall: true\nargs: [{index: 0, type: int}]",
    cases: [
      {
        name: "lets the same arguments through once",
        selectors: `[{matchActions: [${post("10m")}]}]`,
        reports: [1, 2, 3],
        check: ({ counters }) => assert.equal(counters.rateLimited, 3),
      },
      {
        name: "is by selector",
        selectors: `[{matchArgs: [{index: 0, operator: Equal, values: ["1001"]}], matchActions: [${post("10m", "global")}]}, {}]`,
        reports: [1, 2, 2, 3],
      },
      {
        name: "is none without one",
        selectors: "[{matchActions: [{action: Post}]}]",
        reports: [1, 1, 2, 1, 2, 3],
      },
    ],
  });

  // Two processes make the same call twice.
  const twice = `${calls} lseek 1001 0 0 , lseek 1001 0 0`;
  defineGroup({
    name: "over several processes",
    command: ["/bin/sh", "-c", `${twice}; ${twice}; true`],
    hook: "call: sys_lseek\nsyscall: true\nargs: [{index: 0, type: int}]",
    cases: [
      ["thread", [1, 1]],
      ["process", [1, 1]],
      ["global", [1]],
    ].map(([scope, reports]) => ({
      name: `of scope ${scope}`,
      selectors: `[{matchArgs: [{index: 0, operator: GT, values: ["999"]}], matchActions: [${post("10m", scope as string)}]}]`,
      reports: reports as number[],
    })),
  });
});

const named = "{index: 0, type: int}, {index: 1, type: string}";
const onMkdir = (actions: string, operator = "GT", value = "999") =>
  `kprobes:
- call: sys_mkdirat
  syscall: true
  args: [${named}]
  selectors: [{matchArgs: [{index: 0, operator: ${operator}, values: ["${value}"]}], matchActions: [${actions}]}]`;
const seen = `kprobes:
- call: sys_lseek
  syscall: true
  args: [{index: 0, type: fd}, {index: 2, type: int}]
  selectors: [{matchArgs: [{index: 2, operator: GT, values: ["999"]}]}]`;

/** mkdirat stands for what opens a descriptor here: it has a number and a path. */
const opens = (fd: number, path: string) => ["mkdirat", String(fd), path, "0"];
const look = (fd: number | string, number: number) => [
  "lseek",
  String(fd),
  "0",
  String(firstCall + number),
];

/** `GS_PATH_FOLLOWED` */
const followed = 4;

const paths = (run: PolicyRun, policy: number) =>
  run.observed[policy]?.records.map(({ args }) => {
    const arg = args.find(({ position }) => position === 0);
    return arg?.error === "OK" ? [pathOf(arg), arg.payload.readUInt32LE(0)] : arg?.error;
  });

const forget = (fd: number) => ["lseek", String(fd), "0", "78"];
const copy = (from: number, to: number) => ["lseek", String(from), String(to), "77"];
const onLseek = (whence: number, action: string) => `kprobes:
- call: sys_lseek
  syscall: true
  args: [{index: 0, type: int}, {index: 1, type: int}, {index: 2, type: int}]
  selectors: [{matchArgs: [{index: 2, operator: Equal, values: ["${whence}"]}], matchActions: [${action}]}]`;

describe("descriptors that are followed", () => {
  const long = `/${"x".repeat(400)}`;
  const outer = joined([
    // The path that FollowFD gave them.
    ...[look(5000, 0), opens(5000, "/one"), look(5000, 1), opens(5000, "/two"), look(5000, 2)],
    ...[look(5001, 3), opens(5002, long), look(5002, 4)],
    // One that can't be read.
    ...[opens(5100, "unmapped"), look(5100, 10)],
    // UnfollowFD, also of what is not followed.
    ...[opens(5200, "/one"), opens(5201, "/two"), forget(6000), forget(5200), forget(5200)],
    ...[look(5200, 20), look(5201, 21)],
    // CopyFD, also of what is not followed.
    ...[opens(5300, "/one"), copy(5300, 5307), look(5307, 30), copy(5399, 5308), look(5308, 31)],
    // What the next process has.
    opens(5400, "/one"),
  ]);
  const inner = joined([look(5400, 40)]);
  const policies = [
    onMkdir("{action: FollowFD, argFd: 0, argName: 1}"),
    onLseek(78, "{action: UnfollowFD, argFd: 0}"),
    onLseek(77, "{action: CopyFD, argFd: 0, argName: 1}"),
    seen,
  ];
  let run: PolicyRun;
  before(async () => {
    const script = [outer, inner].map((words) => [calls, ...words].join(" "));
    run = await runPolicies(["/bin/sh", "-c", `${script.join("; ")}; true`], () => policies);
  });

  /** What the calls with these numbers found. */
  const found = (from: number) => {
    const numbers = callsOf(run.observed[3] as Observed, 1);
    return paths(run, 3)?.filter((_, i) => Math.floor((numbers[i] ?? 0) / 10) === from / 10);
  };
  const done = (policy: number) =>
    run.observed[policy]?.records.map(({ actions, flags }) => [actions, flags]);

  test("have the path that FollowFD gave them, from then on", () => {
    assert.deepEqual(found(0), [
      "NO_SUCH_FD",
      ["/one", followed],
      ["/two", followed],
      "NO_SUCH_FD",
      [long.slice(0, 256), followed],
    ]);
    assert.deepEqual(done(0)?.slice(0, 3), Array(3).fill([["POST", "FOLLOW_FD"], []]));
    assert.equal(run.observed[0]?.counters.actions, 7);
  });

  test("a path that can't be read is no path: the action failed, and that is told", () => {
    assert.deepEqual(done(0)?.[3], [["POST"], ["ACTION_FAILED"]]);
    assert.equal(run.observed[0]?.counters.failed, 1);
    assert.deepEqual(found(10), ["NO_SUCH_FD"]);
  });

  test("UnfollowFD ends it; of what is not followed nothing is posted", () => {
    assert.deepEqual(done(1), [[["POST", "UNFOLLOW_FD"], []]]);
    // All that lseek was called for, less the one.
    assert.equal(run.observed[1]?.counters.filtered, (run.observed[1]?.counters.calls ?? 0) - 1);
    assert.deepEqual(found(20), ["NO_SUCH_FD", ["/two", followed]]);
  });

  test("CopyFD hands the path on", () => {
    assert.deepEqual(found(30), [["/one", followed], "NO_SUCH_FD"]);
    assert.deepEqual(done(2), [
      [["POST", "COPY_FD"], []],
      [["POST"], ["ACTION_FAILED"]],
    ]);
  });

  test("belong to their process", () => {
    assert.deepEqual(found(40), ["NO_SUCH_FD"]);
  });
});

describe("the value that a call returns", () => {
  const returned = (type = "int64") =>
    `call: sys_lseek\nsyscall: true\nreturn: true\nargs: [{index: 0, type: int}, {index: 2, type: int}]\nreturnArg: {index: 0, type: ${type}}`;
  // 0, 1: EBADF; 2, 3: a file's own ends; 4: EINVAL
  const command = [
    calls,
    ...joined([
      ["openat", "-100", "/etc/passwd", "0"],
      lseek(0),
      lseek(1),
      ["lseek", "%0", "0", "0"],
      ["lseek", "%0", "7", "0"],
    ]),
  ];
  const only = 'matchArgs: [{index: 0, operator: LT, values: ["100000"]}]';
  const by = (operator: string, values: string) =>
    `[{${only}, matchReturnArgs: [{operator: ${operator}, values: [${values}]}]}]`;
  defineGroup({
    name: "of lseek",
    command,
    hook: returned(),
    cases: [
      { name: "Equal: an error", selectors: by("Equal", '"-9"'), reports: [0, 1] },
      { name: "Equal: none", selectors: by("Equal", '"-8"'), reports: [] },
      {
        name: "NotEqual",
        selectors: `[{matchArgs: [{index: 0, operator: GT, values: ["999"]}], matchReturnArgs: [{operator: NotEqual, values: ["-9"]}]}]`,
        reports: [],
      },
      { name: "LT: errors", selectors: by("LT", "0"), reports: [0, 1] },
      {
        name: "an argument and what was returned",
        selectors: `[{matchArgs: [{index: 0, operator: Equal, values: ["1001"]}], matchReturnArgs: [{operator: InRange, values: ["-20:-1"]}]}]`,
        reports: [1],
      },
      {
        name: "selectors that agree on entry are told apart at return",
        selectors: `[{matchReturnArgs: [{operator: Equal, values: ["3"]}]}, {matchArgs: [{index: 0, operator: GT, values: ["999"]}], matchReturnArgs: [{operator: Equal, values: ["-9"]}]}]`,
        reports: [0, 1],
        check: ({ records }) =>
          assert.deepEqual(
            records.map(({ selector }) => selector),
            [1, 1],
          ),
      },
      {
        name: "NoPost at return",
        selectors: `[{${only}, matchReturnArgs: [{operator: Equal, values: ["-9"]}], matchReturnActions: [{action: NoPost}]}]`,
        reports: [],
      },
      {
        name: "a limit of rate",
        selectors: `[{matchArgs: [{index: 0, operator: Equal, values: ["1000"]}], matchActions: [${post("1h")}]}]`,
        reports: [0],
      },
    ],
  });

  test("reports what it was, with arguments of the entry", async () => {
    const run = await runPolicies(command, () => [
      `kprobes:\n- ${returned().replaceAll("\n", "\n  ")}\n  selectors: ${by("Equal", "7")}`,
    ]);
    assert.equal(run.observed[0]?.records.length, 1);
    assert.deepEqual(run.observed[0]?.records[0]?.flags, ["RETURNED"]);
    assert.equal(callsOf(run.observed[0] as never, 16)[0], 7 - firstCall);
  });
});
