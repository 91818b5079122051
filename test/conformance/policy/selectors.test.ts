/** How filters and selectors go together. */
import assert from "node:assert/strict";
import { calls, firstCall } from "./run.js";
import { argFilter, defineGroup, type PolicyCase } from "./suite.js";

const offsets = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const all = offsets;

const args = (...filters: readonly string[]) => `matchArgs: [${filters.join(", ")}]`;
const on = (operator: string, ...values: readonly unknown[]) => argFilter(1, operator, ...values);

const selectorsSeen = (expected: readonly number[]): Pick<PolicyCase, "check"> => ({
  check: ({ records }) =>
    assert.deepEqual(
      records.map((each) => each.selector),
      expected,
    ),
});

defineGroup({
  name: "selectors",
  command: [
    calls,
    ...offsets.flatMap((offset, i) => [
      ...(i > 0 ? [","] : []),
      ...["lseek", String(firstCall + i), String(offset), String(10 + i)],
    ]),
  ],
  hook: "call: sys_lseek\nsyscall: true\nargs: [{index: 0, type: int}, {index: 1, type: int64}, {index: 2, type: uint32}]",
  cases: [
    {
      name: "one without filters matches everything",
      selectors: "[{matchActions: [{action: Post}]}]",
      reports: all,
      ...selectorsSeen(all.map(() => 0)),
    },
    {
      name: "filters of one selector must all match",
      selectors: `[{${args(on("GT", 3), on("LT", 7))}}]`,
      reports: [4, 5, 6],
    },
    {
      name: "filters that contradict each other match nothing",
      selectors: `[{${args(on("GT", 7), on("LT", 3))}}]`,
      reports: [],
    },
    {
      name: "filters on two arguments",
      selectors: `[{${args(on("GT", 3), argFilter(2, "LT", 16))}}]`,
      reports: [4, 5],
    },
    {
      name: "five filters",
      selectors: `[{${args(on("NotEqual", 1), on("NotEqual", 2), on("NotEqual", 3), on("NotEqual", 4), on("LT", 7))}}]`,
      reports: [0, 5, 6],
    },
    {
      name: "any of the selectors",
      selectors: `[{${args(on("Equal", 2))}}, {${args(on("Equal", 5))}}]`,
      reports: [2, 5],
      ...selectorsSeen([0, 1]),
    },
    {
      name: "the first that matches is the one that is told",
      selectors: `[{${args(on("GT", 7))}}, {${args(on("GT", 5))}}]`,
      reports: [6, 7, 8, 9],
      ...selectorsSeen([1, 1, 0, 0]),
    },
    {
      name: "eight selectors",
      selectors: `[${[9, 7, 5, 3, 1, 0, 2, 4].map((offset) => `{${args(on("Equal", offset))}}`).join(", ")}]`,
      reports: [0, 1, 2, 3, 4, 5, 7, 9],
      ...selectorsSeen([5, 4, 6, 3, 7, 2, 1, 0]),
    },
    {
      name: "a later one acts though an earlier one failed on its arguments",
      selectors: (pid) =>
        `[{matchPIDs: [{operator: In, values: [${pid}]}], ${args(on("Equal", 99))}}, {matchPIDs: [{operator: In, values: [1]}], ${args(on("Equal", 3))}}, {${args(on("Equal", 3))}}]`,
      reports: [3],
      ...selectorsSeen([2]),
    },
    {
      name: "NoPost of the first that matches hides the call from the others",
      selectors: `[{${args(on("LT", 5))}, matchActions: [{action: NoPost}]}, {matchActions: [{action: Post}]}]`,
      reports: [5, 6, 7, 8, 9],
      check: ({ counters }) => assert.equal(counters.filtered, 5),
    },
    {
      name: "a Post ahead of a NoPost",
      selectors: `[{${args(on("Equal", 4))}}, {matchActions: [{action: NoPost}]}]`,
      reports: [4],
    },
    {
      name: "more values than one map entry, negated twice",
      selectors: `[{${args(on("NotInMap", 1, 2, 3), on("NotInRange", "5:6"))}}]`,
      reports: [0, 4, 7, 8, 9],
    },
    {
      name: "by the policy's own list of arguments",
      selectors: `[{matchArgs: [{args: [2], operator: Equal, values: ["14"]}]}]`,
      reports: [4],
    },
  ],
});

/** All kinds of filters, and as many values as stand in the program; what differs is the last filter. */
const everything = (root: number, offset: number): string =>
  `{${[
    `matchPIDs: [{operator: In, values: [${root}, 4000000, 4000001, 4000002]}, {operator: NotIn, values: [4000003]}, {operator: In, values: [${root}], followForks: true}]`,
    `matchBinaries: [{operator: Postfix, values: [/calls]}, {operator: NotPrefix, values: [/nowhere]}, {operator: NotIn, values: [/bin/sh], followChildren: true}]`,
    `matchNamespaces: [${["Uts", "Ipc", "Mnt", "Pid", "PidForChildren", "Net", "Cgroup", "User"].map((name) => `{namespace: ${name}, operator: NotIn, values: ["1", "2"]}`).join(", ")}]`,
    `matchNamespaceChanges: [{operator: NotIn, values: [Uts, Ipc, Mnt, Pid, Net]}]`,
    `matchCapabilities: [{type: Permitted, operator: In, values: [CAP_CHOWN, CAP_KILL]}, {type: Inheritable, operator: NotIn, values: [CAP_CHOWN]}]`,
    `matchCapabilityChanges: [{type: Effective, operator: NotIn, values: [CAP_CHOWN, CAP_KILL]}]`,
    args(
      argFilter(1, "NotInRange", "100:200", "300:400", "500:600", "700:800"),
      argFilter(1, "NotEqual", 50, 51, 52, 53, 54, 55, 56, 57),
      argFilter(2, "NotInRange", "1000:2000"),
      argFilter(0, "GT", 999),
      on("Equal", offset),
    ),
    `matchActions: [{action: Post, rateLimit: 1h, kernelStackTrace: true, userStackTrace: true}, {action: CopyFD, argFd: 0, argName: 2}]`,
  ].join(", ")}}`;

defineGroup({
  name: "selectors with everything in use",
  command: [
    calls,
    ...offsets.flatMap((offset, i) => [
      ...(i > 0 ? [","] : []),
      ...["lseek", String(firstCall + i), String(offset), String(10 + i)],
    ]),
  ],
  hook: "call: sys_lseek\nsyscall: true\nargs: [{index: 0, type: int}, {index: 1, type: int64}, {index: 2, type: uint32}]",
  cases: [1, 8].map((count) => ({
    name: `${count} of them`,
    selectors: (root) =>
      `[${[9, 7, 5, 3, 1, 0, 2, 4]
        .slice(0, count)
        .map((offset) => everything(root, offset))
        .join(", ")}]`,
    reports: count === 1 ? [9] : [0, 1, 2, 3, 4, 5, 7, 9],
    ...selectorsSeen(count === 1 ? [0] : [5, 4, 6, 3, 7, 2, 1, 0]),
  })),
});
