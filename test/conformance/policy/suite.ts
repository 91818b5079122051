/** Groups of cases: one run of a workload, under all policies of the group at once. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { callsOf, type Observed, type PolicyRun, runPolicies } from "./run.js";

export interface PolicyCase {
  readonly name: string;
  /** Text of `selectors`, YAML. */
  readonly selectors: string | ((rootPid: number) => string);
  /** Numbers of the calls that are reported, from 0 and in order. */
  readonly reports: readonly number[];
  /** What else must hold. */
  readonly check?: (observed: Observed, run: PolicyRun) => void;
}

export interface PolicyGroup {
  readonly name: string;
  readonly command: readonly string[];
  /** Text of a hook without its selectors, YAML, such as "call: sys_lseek\nsyscall: true". */
  readonly hook: string;
  /** Position of the argument that numbers the calls; default 0. */
  readonly numbered?: number;
  readonly kind?: "kprobes" | "tracepoints";
  readonly cases: readonly PolicyCase[];
}

export function defineGroup(group: PolicyGroup): void {
  describe(group.name, () => {
    let run: PolicyRun;
    before(async () => {
      run = await runPolicies(group.command, (rootPid) =>
        group.cases.map((each) => policyText(group, each, rootPid)),
      );
    });
    for (const [index, each] of group.cases.entries()) {
      test(each.name, () => {
        const observed = run.observed[index];
        assert.ok(observed);
        assert.deepEqual(callsOf(observed, group.numbered), each.reports);
        assert.equal(observed.counters.posted, each.reports.length);
        assert.equal(observed.counters.lost, 0);
        each.check?.(observed, run);
      });
    }
  });
}

function policyText(group: PolicyGroup, { selectors }: PolicyCase, rootPid: number): string {
  const text = typeof selectors === "string" ? selectors : selectors(rootPid);
  const [first, ...rest] = [...group.hook.trim().split("\n"), `selectors: ${text}`];
  return [`${group.kind ?? "kprobes"}:`, `- ${first}`, ...rest.map((line) => `  ${line}`)].join(
    "\n",
  );
}

/** Flow style: one selector with these parts. */
export const selector = (parts: string): string => `[{${parts}}]`;
export const matchArg = (index: number, operator: string, ...values: readonly unknown[]): string =>
  `matchArgs: [${argFilter(index, operator, ...values)}]`;
export const argFilter = (
  index: number,
  operator: string,
  ...values: readonly unknown[]
): string =>
  values.length === 0
    ? `{index: ${index}, operator: ${operator}}`
    : `{index: ${index}, operator: ${operator}, values: [${values.map((each) => JSON.stringify(String(each))).join(", ")}]}`;
