/** What policies do besides reporting: as far as it changes no process. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pathOf } from "../../bpf/core/hook/decode.js";
import { calls, callsOf, firstCall, type PolicyRun, runPolicies } from "./run.js";
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

describe("descriptors that are followed", () => {
  test("have the path that FollowFD gave them, from then on", async () => {
    const long = `/${"x".repeat(400)}`;
    const run = await runPolicies(
      [
        calls,
        ...joined([
          look(5000, 0),
          opens(5000, "/one"),
          look(5000, 1),
          opens(5000, "/two"),
          look(5000, 2),
          look(5001, 3),
          opens(5002, long),
          look(5002, 4),
        ]),
      ],
      () => [onMkdir("{action: FollowFD, argFd: 0, argName: 1}"), seen],
    );
    assert.deepEqual(paths(run, 1), [
      "NO_SUCH_FD",
      ["/one", followed],
      ["/two", followed],
      "NO_SUCH_FD",
      [long.slice(0, 256), followed],
    ]);
    assert.deepEqual(
      run.observed[0]?.records.map(({ actions }) => actions),
      Array(3).fill(["POST", "FOLLOW_FD"]),
    );
    assert.equal(run.observed[0]?.counters.actions, 3);
  });

  test("a path that can't be read is no path: the action failed, and that is told", async () => {
    const run = await runPolicies(
      [calls, ...joined([opens(5000, "unmapped"), look(5000, 0)])],
      () => [onMkdir("{action: FollowFD, argFd: 0, argName: 1}"), seen],
    );
    assert.deepEqual(run.observed[0]?.records[0]?.flags, ["ACTION_FAILED"]);
    assert.equal(run.observed[0]?.counters.failed, 1);
    assert.deepEqual(paths(run, 1), ["NO_SUCH_FD"]);
  });

  test("UnfollowFD ends it; of what is not followed nothing is posted", async () => {
    const forget = (fd: number) => ["lseek", String(fd), "0", "78"];
    const run = await runPolicies(
      [
        calls,
        ...joined([
          ...[opens(5000, "/one"), opens(5001, "/two"), forget(6000)],
          ...[forget(5000), forget(5000), look(5000, 0), look(5001, 1)],
        ]),
      ],
      () => [
        onMkdir("{action: FollowFD, argFd: 0, argName: 1}"),
        `kprobes:
- call: sys_lseek
  syscall: true
  args: [{index: 0, type: int}, {index: 2, type: int}]
  selectors: [{matchArgs: [{index: 2, operator: Equal, values: ["78"]}], matchActions: [{action: UnfollowFD, argFd: 0}]}]`,
        seen,
      ],
    );
    const unfollowed = run.observed[1];
    assert.deepEqual(
      unfollowed?.records.map(({ actions }) => actions),
      [["POST", "UNFOLLOW_FD"]],
    );
    // two that forget nothing, and two that only look
    assert.equal(unfollowed?.counters.filtered, 4);
    assert.deepEqual(paths(run, 2), ["NO_SUCH_FD", ["/two", followed]]);
  });

  test("CopyFD hands the path on", async () => {
    const run = await runPolicies(
      [
        calls,
        ...joined([
          opens(5000, "/one"),
          ["lseek", "5000", "5007", "77"],
          look(5007, 0),
          ["lseek", "4999", "5008", "77"],
          look(5008, 1),
        ]),
      ],
      () => [
        onMkdir("{action: FollowFD, argFd: 0, argName: 1}"),
        `kprobes:
- call: sys_lseek
  syscall: true
  args: [{index: 0, type: int}, {index: 1, type: int}, {index: 2, type: int}]
  selectors: [{matchArgs: [{index: 2, operator: Equal, values: ["77"]}], matchActions: [{action: CopyFD, argFd: 0, argName: 1}]}]`,
        seen,
      ],
    );
    assert.deepEqual(paths(run, 2), [["/one", followed], "NO_SUCH_FD"]);
    assert.deepEqual(
      run.observed[1]?.records.map(({ actions, flags }) => [actions, flags]),
      [
        [["POST", "COPY_FD"], []],
        [["POST"], ["ACTION_FAILED"]],
      ],
    );
  });

  test("belong to their process", async () => {
    const inner = `${calls} ${joined([look(5000, 0)]).join(" ")}`;
    const outer = `${calls} ${joined([opens(5000, "/one"), look(5000, 1)]).join(" ")}`;
    const run = await runPolicies(["/bin/sh", "-c", `${outer}; ${inner}; true`], () => [
      onMkdir("{action: FollowFD, argFd: 0, argName: 1}"),
      seen,
    ]);
    assert.deepEqual(paths(run, 1), [["/one", followed], "NO_SUCH_FD"]);
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
