/** Which process makes the call: its pid, its binary, and what it stems from. */
import { definePacked, type PackedCase } from "./packed.js";
import { calls } from "./run.js";

/*
 * 0: the root, a shell, makes it by exec at the end; 1: its child; 2: of another shell below it, by
 * exec; 3: a child of that one.
 */
const order = [1, 3, 2, 0];
const among = (...numbers: readonly number[]) => order.filter((each) => numbers.includes(each));

const pids = (operator: string, values: string, more = "") =>
  `matchPIDs: [{operator: ${operator}, values: [${values}]${more}}]`;
const binaries = (operator: string, values: readonly string[], more = "") =>
  `matchBinaries: [{operator: ${operator}, values: ${JSON.stringify(values)}${more}}]`;
const forks = ", followForks: true";
const children = ", followChildren: true";

const many = Array.from({ length: 100 }, (_, i) => `/usr/bin/nothing-${i}`);
const missing = Array.from({ length: 20 }, (_, i) => 4_000_000 + i).join(", ");

const byPid: readonly PackedCase[] = [
  { name: "In: the root", parts: (root) => pids("In", `${root}`), reports: [0] },
  { name: "In: nobody", parts: pids("In", "4000000"), reports: [] },
  {
    name: "In: one among 21",
    parts: (root) => pids("In", `${missing}, ${root}`),
    reports: [0],
  },
  {
    name: "NotIn: the root",
    parts: (root) => pids("NotIn", `${root}`),
    reports: among(1, 2, 3),
  },
  { name: "NotIn: nobody", parts: pids("NotIn", missing), reports: order },
  {
    name: "In with followForks: all that stems from the root",
    parts: (root) => pids("In", `${root}`, forks),
    reports: order,
  },
  { name: "In with followForks: nobody", parts: pids("In", "4000000", forks), reports: [] },
  {
    name: "NotIn with followForks",
    parts: (root) => pids("NotIn", `${root}`, forks),
    reports: [],
  },
  {
    name: "two filters",
    parts: (root) =>
      `matchPIDs: [{operator: In, values: [${root}]${forks}}, {operator: NotIn, values: [${root}]}]`,
    reports: among(1, 2, 3),
  },
  {
    name: "isNamespacePID: processes of the host match neither In",
    parts: (root) => pids("In", `${root}`, ", isNamespacePID: true"),
    reports: [],
  },
  {
    name: "... nor NotIn",
    parts: pids("NotIn", "1", ", isNamespacePID: true"),
    reports: [],
  },
];

const byBinary: readonly PackedCase[] = [
  { name: "In", parts: binaries("In", [calls]), reports: order },
  { name: "In: another", parts: binaries("In", ["/bin/bash"]), reports: [] },
  {
    name: "In: its start is not enough",
    parts: binaries("In", [calls.slice(0, -1)]),
    reports: [],
  },
  { name: "In: one among 101", parts: binaries("In", [...many, calls]), reports: order },
  { name: "NotIn", parts: binaries("NotIn", [calls]), reports: [] },
  { name: "NotIn: others", parts: binaries("NotIn", [...many, "/bin/bash"]), reports: order },
  { name: "Prefix", parts: binaries("Prefix", [calls.slice(0, 6)]), reports: order },
  { name: "Prefix: not this", parts: binaries("Prefix", [`${calls}s`, "/bin/"]), reports: [] },
  { name: "NotPrefix", parts: binaries("NotPrefix", ["/bin", "/usr"]), reports: order },
  { name: "Postfix", parts: binaries("Postfix", ["/calls"]), reports: order },
  { name: "Postfix: not this", parts: binaries("Postfix", ["/call", "xcalls"]), reports: [] },
  { name: "NotPostfix", parts: binaries("NotPostfix", ["alls"]), reports: [] },
  {
    name: "In with followChildren: from the one that was started on",
    parts: binaries("In", ["/bin/bash"], children),
    reports: among(2, 3),
  },
  {
    name: "In with followChildren: the root, that was there before the policy",
    parts: binaries("In", ["/bin/sh"], children),
    reports: order,
  },
  {
    name: "Prefix with followChildren",
    parts: binaries("Prefix", ["/bin/ba", "/bin/bashful"], children),
    reports: among(2, 3),
  },
  {
    name: "Prefix with followChildren: one begins with another",
    parts: binaries("Prefix", ["/bin/b", "/bin/bash"], children),
    reports: among(2, 3),
  },
  {
    name: "Postfix with followChildren",
    parts: binaries("Postfix", ["bash"], children),
    reports: among(2, 3),
  },
  {
    name: "NotIn with followChildren",
    parts: binaries("NotIn", ["/bin/bash"], children),
    reports: among(0, 1),
  },
  {
    name: "two filters",
    parts: `matchBinaries: [{operator: In, values: ["/bin/bash"]${children}}, {operator: Postfix, values: [calls]}]`,
    reports: among(2, 3),
  },
];

definePacked(
  [
    { name: "matchPIDs", cases: byPid },
    { name: "matchBinaries", cases: byBinary },
  ].map((group) => ({
    ...group,
    count: 4,
    call: (_, number) => ["lseek", String(number), "0", "0"],
    hook: "call: sys_lseek\nsyscall: true\nargs: [{index: 0, type: int}, {index: 2, type: int}]",
  })),
  (words) => {
    const call = (which: number) => [calls, ...words(which)].join(" ");
    const below = `/bin/bash -c '${call(3)}; exec ${call(2)}'`;
    return ["/bin/sh", "-c", `${call(1)}; ${below}; exec ${call(0)}`];
  },
);
