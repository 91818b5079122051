/** Processes that have namespaces of their own: their pids there, their capabilities there. */
import { readFileSync } from "node:fs";
import { act } from "../case.js";
import { hex } from "./addresses.js";
import { calls, firstCall } from "./run.js";
import { defineGroup, type PolicyCase } from "./suite.js";

const call = (number: number) => ["lseek", String(firstCall + number), "0", "0"];
const words = (number: number) => `${calls} ${call(number).join(" ")}`;
const hook = "call: sys_lseek\nsyscall: true\nargs: [{index: 0, type: int}]";
/** Shells seek, too. */
const numbered = 'matchArgs: [{index: 0, operator: GT, values: ["999"]}]';

/*
 * A shell is the first process of a new pid namespace. 1 and 2 are made by its children, with the
 * pids 2 and 3 there, 0 by itself in the end. 9 is made by who made the namespace, out of it.
 */
const script = `${words(1)}; ${words(2)}; exec ${words(0)}`;
const pids = (operator: string, values: string, more = ""): string =>
  `[{matchPIDs: [{operator: ${operator}, isNamespacePID: true, values: [${values}]${more}}], ${numbered}}]`;
const forks = ", followForks: true";

defineGroup({
  name: "pids of a namespace",
  command: [
    ...[act, "unshare", "pid", "fork", "[", "exec", "/bin/sh", "-c", script, "]", "wait"],
    ...["exec", calls, ...call(9)],
  ],
  hook,
  cases: [
    { name: "In: the namespace's first process", selectors: pids("In", "1"), reports: [0] },
    { name: "In: another", selectors: pids("In", "2"), reports: [1] },
    { name: "In: several", selectors: pids("In", "2, 3, 4"), reports: [1, 2] },
    { name: "In: one that is not there", selectors: pids("In", "4"), reports: [] },
    {
      name: "NotIn: the first, never one of the host",
      selectors: pids("NotIn", "1"),
      reports: [1, 2],
    },
    { name: "NotIn: the others", selectors: pids("NotIn", "2, 3"), reports: [0] },
    {
      name: "In with followForks: all of it",
      selectors: pids("In", "1", forks),
      reports: [1, 2, 0],
    },
    { name: "In with followForks: a child", selectors: pids("In", "3", forks), reports: [2] },
    { name: "NotIn with followForks", selectors: pids("NotIn", "0, 1", forks), reports: [] },
    {
      name: "NotIn with followForks: a child",
      selectors: pids("NotIn", "2", forks),
      reports: [2, 0],
    },
    {
      name: "the pid that the host knows is another",
      selectors: `[{matchPIDs: [{operator: In, values: [1, 2, 3]}], ${numbered}}]`,
      reports: [],
    },
    {
      name: "matchNamespaces: Pid, in the host's",
      selectors: `[{matchNamespaces: [{namespace: Pid, operator: In, values: [host_ns]}], ${numbered}}]`,
      reports: [9],
    },
    {
      name: "matchNamespaces: PidForChildren, not in the host's",
      selectors: `[{matchNamespaces: [{namespace: PidForChildren, operator: NotIn, values: [host_ns]}], ${numbered}}]`,
      reports: [1, 2, 0, 9],
    },
  ],
});

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

/* 0: as it began; 1: without CAP_NET_RAW; 2: in a user namespace, with all; 3: there, without. */
const command = [
  calls,
  ...[...call(0), ...without, ...call(1)],
  ...[",", "unshare", String(0x1000_0000), ",", ...call(2), ...without, ...call(3)],
];
const effective = (key: string, operator: string, more = "") =>
  `[{${key}: [{type: Effective, operator: ${operator}, values: [CAP_NET_RAW]${more}}]}]`;
const there = ", isNamespaceCapability: true";

const cases: readonly PolicyCase[] = [
  {
    name: "matchCapabilities: In, in any user namespace",
    selectors: effective("matchCapabilities", "In"),
    reports: [0, 2],
  },
  {
    name: "matchCapabilities: In, outside the host's",
    selectors: effective("matchCapabilities", "In", there),
    reports: [2],
  },
  {
    name: "matchCapabilities: NotIn, outside the host's",
    selectors: effective("matchCapabilities", "NotIn", there),
    reports: [3],
  },
  {
    name: "matchCapabilities: Permitted, outside the host's",
    selectors:
      "[{matchCapabilities: [{type: Permitted, operator: In, values: [CAP_NET_RAW], isNamespaceCapability: true}]}]",
    reports: [2, 3],
  },
  {
    name: "matchNamespaces: User, not the host's",
    selectors: "[{matchNamespaces: [{namespace: User, operator: NotIn, values: [host_ns]}]}]",
    reports: [2, 3],
  },
  {
    name: "matchCapabilityChanges: In, each time",
    selectors: effective("matchCapabilityChanges", "In"),
    reports: [1, 2, 3],
  },
  {
    name: "matchCapabilityChanges: In, outside the host's user namespace",
    selectors: effective("matchCapabilityChanges", "In", there),
    reports: [3],
  },
  {
    name: "matchCapabilityChanges: NotIn, what did not change since it was reported",
    selectors: effective("matchCapabilityChanges", "NotIn"),
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

// What one policy reported is no change for another, so those of changes have a run of their own each.
const changes = cases.filter(({ name }) => name.includes("Changes"));
const others = cases.filter((each) => !changes.includes(each));
defineGroup({ name: "capabilities of a namespace", command, hook, cases: others });
for (const each of changes) defineGroup({ name: each.name, command, hook, cases: [each] });
