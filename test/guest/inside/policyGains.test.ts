/** CapabilitiesGained: credentials and sets that hold more than the thread has. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { hex } from "../../conformance/policy/addresses.js";
import { calls, type Observed, type PolicyRun, runPolicies } from "../../conformance/policy/run.js";

const status = readFileSync("/proc/self/status", "utf8");
const all = BigInt(`0x${/^CapPrm:\s*(\w+)$/m.exec(status)?.[1]}`);
const netRaw = 1n << 13n;
const chown = 1n << 0n;

const capset = (effective: bigint, permitted: bigint, inheritable: bigint): string[] => {
  const bytes = Buffer.alloc(24);
  for (const [i, set] of [effective, permitted, inheritable].entries()) {
    bytes.writeUInt32LE(Number(set & 0xffff_ffffn), 4 * i);
    bytes.writeUInt32LE(Number(set >> 32n), 12 + 4 * i);
  }
  return ["capset", "#2205082000000000", hex(bytes)];
};

/* 0: loses one; 1: has it again; 2: one becomes inheritable; 3: nothing changes; 4: loses it for good. */
const made = [
  capset(all & ~netRaw, all, 0n),
  capset(all, all, 0n),
  capset(all, all, chown),
  capset(all, all, chown),
  capset(all & ~netRaw, all & ~netRaw, chown),
];

const gained = "selectors: [{matchArgs: [{index: INDEX, operator: CapabilitiesGained}]}]";
const on = (call: string, index: number, type: string, selectors = gained) => `kprobes:
- call: ${call}
  syscall: false
  args: [{index: ${index}, type: ${type}}]
  ${selectors.replace("INDEX", String(index))}`;

let run: PolicyRun;
before(async () => {
  const words = made.flatMap((each) => [",", ...each]).slice(1);
  run = await runPolicies([calls, ...words], () => [
    on("security_capset", 2, "cap_effective", ""),
    on("security_capset", 2, "cap_effective"),
    on("security_capset", 2, "kernel_cap_t"),
    on("security_capset", 3, "cap_inheritable"),
    on("security_capset", 4, "cap_permitted"),
    on("commit_creds", 0, "cred"),
  ]);
});

const of = (policy: number): Observed => run.observed[policy] as Observed;
const sets = (policy: number): bigint[] =>
  of(policy).records.map(({ args }) => args[0]?.payload.readBigUInt64LE(0) ?? -1n);

test("every call is seen without the filter", () => {
  assert.deepEqual(sets(0), [all & ~netRaw, all, all, all, all & ~netRaw]);
});

test("a set holds one that the thread lacks", () => {
  assert.deepEqual(sets(1), [all]);
  assert.deepEqual(sets(2), [all]);
  assert.deepEqual(sets(3), [chown]);
  assert.equal(of(1).counters.filtered, 4);
});

test("what is held already, or lost, is no gain", () => {
  assert.deepEqual(sets(4), []);
  assert.equal(of(4).counters.filtered, made.length);
});

test("credentials hold one that the thread lacks, in any of their sets", () => {
  assert.equal(of(5).records.length, 2);
  assert.ok(of(5).counters.filtered >= made.length - 2);
});
