/** Capabilities and namespaces of who makes the call, and what became of them. */
import assert from "node:assert/strict";
import { readFileSync, readlinkSync } from "node:fs";
import { test } from "node:test";
import { definePacked } from "./packed.js";
import { calls, firstCall, runPolicies } from "./run.js";
import { defineGroup, type PolicyCase } from "./suite.js";

const inode = (name: string): string =>
  /\[(\d+)\]/.exec(readlinkSync(`/proc/self/ns/${name}`))?.[1] ?? "0";

const newUts = String(0x0400_0000);
const newIpc = String(0x0800_0000);
/** capset(2): header of version 3, then effective, permitted, inheritable, low words first. */
const header = "#2205082000000000";
const word = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes.toString("hex");
};
/** What a process here may have, in two words. */
const permitted = BigInt(
  `0x${/^CapPrm:\s*(\w+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]}`,
);
const whole = Number(permitted & 0xffff_ffffn);
const high = Number(permitted >> 32n);
const capset = (effective: number, allowed: number, inheritable: number) =>
  `#${[effective, allowed, inheritable, high, high, 0].map(word).join("")}`;

const sysAdmin = 1 << 21;
const netRaw = 1 << 13;
const chown = 1 << 0;

/** 0: as it began; 1, 2: new uts; 3: new ipc; 4, 5: without net_raw; 6: chown inheritable. */
const call = (number: number) => ["lseek", String(firstCall + number), "0", "0"];
const command = (words: (which: number) => readonly string[]): string[] => [
  ...[calls, ...words(0)],
  ...[",", "unshare", newUts, ",", ...words(1), ",", ...words(2)],
  ...[",", "unshare", newIpc, ",", ...words(3)],
  ...[",", "capset", header, capset(whole & ~netRaw, whole, 0), ",", ...words(4), ",", ...words(5)],
  ...[",", "capset", header, capset(sysAdmin, whole & ~netRaw, chown), ",", ...words(6)],
];
const every = [0, 1, 2, 3, 4, 5, 6];

const namespaces = (text: string) => `[{matchNamespaces: [${text}]}]`;
const capabilities = (text: string) => `[{matchCapabilities: [${text}]}]`;

const cases: readonly (PolicyCase & { readonly selectors: string })[] = [
  {
    name: "matchNamespaces: In, host_ns",
    selectors: namespaces("{namespace: Uts, operator: In, values: [host_ns]}"),
    reports: [0],
  },
  {
    name: "matchNamespaces: NotIn, host_ns",
    selectors: namespaces("{namespace: Uts, operator: NotIn, values: [host_ns]}"),
    reports: [1, 2, 3, 4, 5, 6],
  },
  {
    name: "matchNamespaces: In, by number",
    selectors: namespaces(`{namespace: Ipc, operator: In, values: ["1", "${inode("ipc")}"]}`),
    reports: [0, 1, 2],
  },
  {
    name: "matchNamespaces: In, nothing",
    selectors: namespaces("{namespace: Net, operator: In, values: [1]}"),
    reports: [],
  },
  {
    name: "matchNamespaces: two of them",
    selectors: namespaces(
      "{namespace: Uts, operator: NotIn, values: [host_ns]}, {namespace: Ipc, operator: In, values: [host_ns]}",
    ),
    reports: [1, 2],
  },
  {
    name: "matchNamespaces: each kind is the one that it is called",
    selectors: namespaces(
      ["Mnt", "Pid", "PidForChildren", "Net", "Time", "TimeForChildren", "Cgroup", "User"]
        .map(
          (name) =>
            `{namespace: ${name}, operator: In, values: ["${inode(name.replace(/[A-Z]/g, (letter, at: number) => `${at > 0 ? "_" : ""}${letter.toLowerCase()}`))}"]}`,
        )
        .join(", "),
    ),
    reports: every,
  },
  {
    name: "matchNamespaceChanges: each change once",
    selectors: "[{matchNamespaceChanges: [{operator: In, values: [Uts, Ipc]}]}]",
    reports: [1, 3],
  },
  {
    name: "matchNamespaceChanges: of others",
    selectors: "[{matchNamespaceChanges: [{operator: In, values: [Net, User]}]}]",
    reports: [],
  },
  {
    name: "matchCapabilities: In",
    selectors: capabilities("{type: Effective, operator: In, values: [CAP_NET_RAW]}"),
    reports: [0, 1, 2, 3],
  },
  {
    name: "matchCapabilities: In, one of several",
    selectors: capabilities(
      "{type: Effective, operator: In, values: [CAP_NET_RAW, CAP_SYS_ADMIN]}",
    ),
    reports: every,
  },
  {
    name: "matchCapabilities: NotIn",
    selectors: capabilities("{type: Effective, operator: NotIn, values: [CAP_NET_RAW]}"),
    reports: [4, 5, 6],
  },
  {
    name: "matchCapabilities: Permitted",
    selectors: capabilities("{type: Permitted, operator: In, values: [CAP_NET_RAW]}"),
    reports: [0, 1, 2, 3, 4, 5],
  },
  {
    name: "matchCapabilities: Inheritable",
    selectors: capabilities("{type: Inheritable, operator: In, values: [CAP_CHOWN]}"),
    reports: [6],
  },
  {
    name: "matchCapabilities: two sets",
    selectors: capabilities(
      "{type: Permitted, operator: In, values: [CAP_NET_RAW]}, {type: Effective, operator: NotIn, values: [CAP_NET_RAW]}",
    ),
    reports: [4, 5],
  },
  {
    name: "matchCapabilities: only outside the host's user namespace",
    selectors: capabilities(
      "{type: Effective, operator: In, values: [CAP_SYS_ADMIN], isNamespaceCapability: true}",
    ),
    reports: [],
  },
  {
    name: "matchCapabilityChanges: each change once",
    selectors:
      "[{matchCapabilityChanges: [{type: Effective, operator: In, values: [CAP_NET_RAW, CAP_CHOWN]}]}]",
    reports: [4, 6],
  },
  {
    name: "matchCapabilityChanges: of another set",
    selectors:
      "[{matchCapabilityChanges: [{type: Permitted, operator: In, values: [CAP_NET_RAW]}]}]",
    reports: [6],
  },
  {
    name: "matchCapabilityChanges: of others",
    selectors:
      "[{matchCapabilityChanges: [{type: Inheritable, operator: In, values: [CAP_KILL]}]}]",
    reports: [],
  },
];

// What one policy reported is no change for another, so those of changes have a run of their own each.
const changes = cases.filter(({ name }) => name.includes("Changes"));
const hook = "call: sys_lseek\nsyscall: true\nargs: [{index: 0, type: int}]";

definePacked(
  [
    {
      name: "capabilities and namespaces",
      count: 7,
      call: (_, number) => ["lseek", String(number), "0", "0"],
      hook,
      cases: cases
        .filter((each) => !changes.includes(each))
        .map(({ selectors, ...each }) => ({ ...each, parts: selectors.slice(2, -2) })),
    },
  ],
  command,
);
for (const each of changes) {
  defineGroup({ name: each.name, command: command(call), hook, cases: [each] });
}

test("credentials that an argument leads to have each of their sets", async () => {
  const args = ["effective", "permitted", "inheritable"].map(
    (set) => `{index: 0, source: current_task, resolve: cred, type: cap_${set}}`,
  );
  const run = await runPolicies([calls, ...call(0)], () => [
    `kprobes:\n- call: sys_lseek\n  syscall: true\n  args: [${args.join(", ")}]`,
  ]);
  const sets = run.observed[0]?.records[0]?.args.map(({ payload }) => payload.readBigUInt64LE(0));
  const held = (name: string) =>
    BigInt(
      `0x${new RegExp(`^${name}:\\s*(\\w+)$`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1]}`,
    );
  assert.deepEqual(sets, [held("CapEff"), held("CapPrm"), held("CapInh")]);
});
