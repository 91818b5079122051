/** Processes that have namespaces of their own: their pids there, their capabilities there. */
import { readFileSync } from "node:fs";
import { act } from "../case.js";
import { hex } from "./addresses.js";
import { definePacked, type PackedCase, type PackedGroup } from "./packed.js";
import { calls, firstCall } from "./run.js";
import { defineGroup, type PolicyCase } from "./suite.js";

const call = (number: number) => ["lseek", String(firstCall + number), "0", "0"];
const hook = "call: sys_lseek\nsyscall: true\nargs: [{index: 0, type: int}]";
const grouped = (name: string, cases: readonly PackedCase[]): PackedGroup => ({
  name,
  count: 4,
  call: (_, number) => ["lseek", String(number), "0", "0"],
  hook,
  cases,
});

const pids = (operator: string, values: string, more = ""): string =>
  `matchPIDs: [{operator: ${operator}, isNamespacePID: true, values: [${values}]${more}}]`;
const forks = ", followForks: true";

/*
 * A shell is the first process of a new pid namespace. 1 and 2 are made by its children, with the
 * pids 2 and 3 there, 0 by itself in the end. 3 is made by who made the namespace, out of it.
 */
definePacked(
  [
    grouped("pids of a namespace", [
      { name: "In: the namespace's first process", parts: pids("In", "1"), reports: [0] },
      { name: "In: another", parts: pids("In", "2"), reports: [1] },
      { name: "In: several", parts: pids("In", "2, 3, 4"), reports: [1, 2] },
      { name: "In: one that is not there", parts: pids("In", "4"), reports: [] },
      {
        name: "NotIn: the first, never one of the host",
        parts: pids("NotIn", "1"),
        reports: [1, 2],
      },
      { name: "NotIn: the others", parts: pids("NotIn", "2, 3"), reports: [0] },
      { name: "In with followForks: all of it", parts: pids("In", "1", forks), reports: [1, 2, 0] },
      { name: "In with followForks: a child", parts: pids("In", "3", forks), reports: [2] },
      { name: "NotIn with followForks", parts: pids("NotIn", "0, 1", forks), reports: [] },
      {
        name: "NotIn with followForks: a child",
        parts: pids("NotIn", "2", forks),
        reports: [2, 0],
      },
      {
        name: "the pid that the host knows is another",
        parts: "matchPIDs: [{operator: In, values: [1, 2, 3]}]",
        reports: [],
      },
      {
        name: "matchNamespaces: Pid, in the host's",
        parts: "matchNamespaces: [{namespace: Pid, operator: In, values: [host_ns]}]",
        reports: [3],
      },
      {
        name: "matchNamespaces: PidForChildren, not in the host's",
        parts: "matchNamespaces: [{namespace: PidForChildren, operator: NotIn, values: [host_ns]}]",
        reports: [1, 2, 0, 3],
      },
    ]),
  ],
  (words) => {
    const made = (which: number) => [calls, ...words(which)].join(" ");
    const script = `${made(1)}; ${made(2)}; exec ${made(0)}`;
    const inside = ["fork", "[", "exec", "/bin/sh", "-c", script, "]", "wait"];
    return [act, "unshare", "pid", ...inside, "exec", calls, ...words(3)];
  },
);

const permitted = BigInt(
  `0x${/^CapPrm:\s*(\w+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]}`,
);
const netRaw = 1n << 13n;
const header = "#2205082000000000";
/** Effective, permitted, inheritable: low words first, then high ones. */
const capset = (effective: bigint): string => {
  const bytes = Buffer.alloc(24);
  for (const [i, set] of [effective, permitted, 0n].entries()) {
    bytes.writeUInt32LE(Number(set & 0xffff_ffffn), 4 * i);
    bytes.writeUInt32LE(Number(set >> 32n), 12 + 4 * i);
  }
  return hex(bytes);
};
const without = [",", "capset", header, capset(permitted & ~netRaw), ","];

const held = (operator: string, more = "", type = "Effective") =>
  `{type: ${type}, operator: ${operator}, values: [CAP_NET_RAW]${more}}`;
const there = ", isNamespaceCapability: true";
const unshareUser = ["unshare", String(0x1000_0000)];

/* 0: as it began; 1: without CAP_NET_RAW; 2: in a user namespace, with all; 3: there, without. */
definePacked(
  [
    grouped(
      "capabilities of a namespace",
      [
        { name: "In, in any user namespace", parts: held("In"), reports: [0, 2] },
        { name: "In, outside the host's", parts: held("In", there), reports: [2] },
        { name: "NotIn, outside the host's", parts: held("NotIn", there), reports: [3] },
        {
          name: "Permitted, outside the host's",
          parts: held("In", there, "Permitted"),
          reports: [2, 3],
        },
      ].map((each) => ({ ...each, parts: `matchCapabilities: [${each.parts}]` })),
    ),
    grouped("user namespaces", [
      {
        name: "not the host's",
        parts: "matchNamespaces: [{namespace: User, operator: NotIn, values: [host_ns]}]",
        reports: [2, 3],
      },
    ]),
  ],
  (words) => [
    ...[calls, ...words(0), ...without, ...words(1)],
    ...[",", ...unshareUser, ",", ...words(2), ...without, ...words(3)],
  ],
);

const changes: readonly PolicyCase[] = [
  {
    name: "matchCapabilityChanges: In, each time",
    selectors: `[{matchCapabilityChanges: [${held("In")}]}]`,
    reports: [1, 2, 3],
  },
  {
    name: "matchCapabilityChanges: In, outside the host's user namespace",
    selectors: `[{matchCapabilityChanges: [${held("In", there)}]}]`,
    reports: [3],
  },
  {
    name: "matchCapabilityChanges: NotIn, what did not change since it was reported",
    selectors: `[{matchCapabilityChanges: [${held("NotIn")}]}]`,
    reports: [0, 2],
  },
  {
    name: "matchNamespaceChanges: In",
    selectors: "[{matchNamespaceChanges: [{operator: In, values: [User]}]}]",
    reports: [2],
  },
  {
    name: "matchNamespaceChanges: NotIn",
    selectors: "[{matchNamespaceChanges: [{operator: NotIn, values: [User]}]}]",
    reports: [0, 1],
  },
];
const command = [
  calls,
  ...[...call(0), ...without, ...call(1)],
  ...[",", ...unshareUser, ",", ...call(2), ...without, ...call(3)],
];
// What one policy reported is no change for another: each has a run of its own.
for (const each of changes) defineGroup({ name: each.name, command, hook, cases: [each] });
