/** Which process makes the call: its pid, its binary, and what it stems from. */
import { calls, firstCall } from "./run.js";
import { defineGroup, type PolicyCase } from "./suite.js";

/*
 * 0: the root, a shell, makes it by exec at the end; 1: its child; 2: of another shell below it, by
 * exec; 3: a child of that one.
 */
const call = (number: number) => `${calls} lseek ${firstCall + number} 0 0`;
const script = `${call(1)}; /bin/bash -c '${call(3)}; exec ${call(2)}'; exec ${call(0)}`;
const order = [1, 3, 2, 0];
const among = (...numbers: readonly number[]) => order.filter((each) => numbers.includes(each));

const pids = (operator: string, values: string, more = "") =>
  `[{matchPIDs: [{operator: ${operator}, values: [${values}]${more}}]}]`;
const binaries = (operator: string, values: readonly string[], more = "") =>
  `[{matchBinaries: [{operator: ${operator}, values: ${JSON.stringify(values)}${more}}]}]`;
const forks = ", followForks: true";
const children = ", followChildren: true";

const many = Array.from({ length: 100 }, (_, i) => `/usr/bin/nothing-${i}`);
const missing = Array.from({ length: 20 }, (_, i) => 4_000_000 + i).join(", ");

const byPid: readonly PolicyCase[] = [
  { name: "In: the root", selectors: (root) => pids("In", `${root}`), reports: [0] },
  { name: "In: nobody", selectors: pids("In", "4000000"), reports: [] },
  {
    name: "In: one among 21",
    selectors: (root) => pids("In", `${missing}, ${root}`),
    reports: [0],
  },
  {
    name: "NotIn: the root",
    selectors: (root) => pids("NotIn", `${root}`),
    reports: among(1, 2, 3),
  },
  { name: "NotIn: nobody", selectors: pids("NotIn", missing), reports: order },
  {
    name: "In with followForks: all that stems from the root",
    selectors: (root) => pids("In", `${root}`, forks),
    reports: order,
  },
  { name: "In with followForks: nobody", selectors: pids("In", "4000000", forks), reports: [] },
  {
    name: "NotIn with followForks",
    selectors: (root) => pids("NotIn", `${root}`, forks),
    reports: [],
  },
  {
    name: "two filters",
    selectors: (root) =>
      `[{matchPIDs: [{operator: In, values: [${root}]${forks}}, {operator: NotIn, values: [${root}]}]}]`,
    reports: among(1, 2, 3),
  },
  {
    name: "isNamespacePID: processes of the host match neither In",
    selectors: (root) => pids("In", `${root}`, ", isNamespacePID: true"),
    reports: [],
  },
  {
    name: "... nor NotIn",
    selectors: pids("NotIn", "1", ", isNamespacePID: true"),
    reports: [],
  },
];

const byBinary: readonly PolicyCase[] = [
  { name: "In", selectors: binaries("In", [calls]), reports: order },
  { name: "In: another", selectors: binaries("In", ["/bin/bash"]), reports: [] },
  {
    name: "In: its start is not enough",
    selectors: binaries("In", [calls.slice(0, -1)]),
    reports: [],
  },
  { name: "In: one among 101", selectors: binaries("In", [...many, calls]), reports: order },
  { name: "NotIn", selectors: binaries("NotIn", [calls]), reports: [] },
  { name: "NotIn: others", selectors: binaries("NotIn", [...many, "/bin/bash"]), reports: order },
  { name: "Prefix", selectors: binaries("Prefix", [calls.slice(0, 6)]), reports: order },
  { name: "Prefix: not this", selectors: binaries("Prefix", [`${calls}s`, "/bin/"]), reports: [] },
  { name: "NotPrefix", selectors: binaries("NotPrefix", ["/bin", "/usr"]), reports: order },
  { name: "Postfix", selectors: binaries("Postfix", ["/calls"]), reports: order },
  { name: "Postfix: not this", selectors: binaries("Postfix", ["/call", "xcalls"]), reports: [] },
  { name: "NotPostfix", selectors: binaries("NotPostfix", ["alls"]), reports: [] },
  {
    name: "In with followChildren: from the one that was started on",
    selectors: binaries("In", ["/bin/bash"], children),
    reports: among(2, 3),
  },
  {
    name: "In with followChildren: the root, that was there before the policy",
    selectors: binaries("In", ["/bin/sh"], children),
    reports: order,
  },
  {
    name: "Prefix with followChildren",
    selectors: binaries("Prefix", ["/bin/ba", "/bin/bashful"], children),
    reports: among(2, 3),
  },
  {
    name: "Prefix with followChildren: one begins with another",
    selectors: binaries("Prefix", ["/bin/b", "/bin/bash"], children),
    reports: among(2, 3),
  },
  {
    name: "Postfix with followChildren",
    selectors: binaries("Postfix", ["bash"], children),
    reports: among(2, 3),
  },
  {
    name: "NotIn with followChildren",
    selectors: binaries("NotIn", ["/bin/bash"], children),
    reports: among(0, 1),
  },
  {
    name: "two filters",
    selectors: `[{matchBinaries: [{operator: In, values: ["/bin/bash"]${children}}, {operator: Postfix, values: [calls]}]}]`,
    reports: among(2, 3),
  },
];

defineGroup({
  name: "processes",
  command: ["/bin/sh", "-c", script],
  hook: "call: sys_lseek\nsyscall: true\nargs: [{index: 0, type: int}, {index: 2, type: int}]",
  cases: [...named("matchPIDs", byPid), ...named("matchBinaries", byBinary)],
});

/** The shells seek, too. */
function named(filter: string, cases: readonly PolicyCase[]): PolicyCase[] {
  const only = `, matchArgs: [{index: 0, operator: GT, values: ["999"]}]}]`;
  return cases.map(({ name, selectors, reports }) => ({
    name: `${filter}: ${name}`,
    reports,
    selectors: (root) =>
      (typeof selectors === "string" ? selectors : selectors(root)).replace(/}\]$/, only),
  }));
}
