/**
 * Cases that only compare arguments, eight to a hook: each is a selector that sees calls of its own.
 * Hundreds of them take seconds so, not minutes, where the kernel is emulated.
 */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { callsOf, firstCall, type PolicyRun, runPolicies } from "./run.js";

export interface PackedCase {
  readonly name: string;
  /** One filter of `matchArgs`, YAML, or several with commas between them. */
  readonly filters: string;
  /** Which of the group's calls are reported, from 0 and in order. */
  readonly reports: readonly number[];
}

export interface PackedGroup {
  readonly name: string;
  /** Of calls that the case makes. */
  readonly count: number;
  /** The words of one of them, known by `number`. */
  call(which: number, number: number): readonly string[];
  readonly kind?: "kprobes" | "tracepoints";
  /** Text of a hook without its selectors, YAML. */
  readonly hook: string;
  /** The place in `args` of the argument that has the number; default 0. */
  readonly numbered?: number;
  readonly cases: readonly PackedCase[];
}

/** As many as a hook takes. */
const selectors = 8;

interface Packed {
  readonly group: PackedGroup;
  readonly cases: readonly (PackedCase & { readonly first: number })[];
}

/** One process makes the calls of all groups, after those of `setUp`. */
export function definePacked(
  workload: string,
  groups: readonly PackedGroup[],
  setUp: readonly (readonly string[])[] = [],
): void {
  let next = firstCall;
  const packs = groups.flatMap((group) => {
    const cases = group.cases.map((each) => {
      const first = next;
      next += group.count;
      return { ...each, first };
    });
    return chunks(cases).map((chunk): Packed => ({ group, cases: chunk }));
  });
  let run: PolicyRun;
  before(async () => {
    const all = [...setUp.flatMap((words) => [",", ...words]), ...packs.flatMap(callsOfPack)];
    run = await runPolicies([workload, ...all.slice(1)], () => packs.map(policyText));
  });
  for (const group of groups) {
    describe(group.name, () => {
      for (const [index, pack] of packs.entries())
        if (pack.group === group) defineCases(pack, () => run.observed[index]);
    });
  }
}

function chunks<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / selectors) }, (_, i) =>
    all.slice(i * selectors, (i + 1) * selectors),
  );
}

/** Each with a comma before it. */
function callsOfPack({ group, cases }: Packed): string[] {
  return cases.flatMap(({ first }) =>
    Array.from({ length: group.count }, (_, i) => [",", ...group.call(i, first + i)]).flat(),
  );
}

function policyText({ group, cases }: Packed): string {
  const all = cases.map(({ filters, first }) => {
    const values = `["${first}:${first + group.count - 1}"]`;
    const own = `{args: [${group.numbered ?? 0}], operator: InRange, values: ${values}}`;
    return `  - matchArgs: [${own}, ${filters}]`;
  });
  const [head, ...rest] = [...group.hook.trim().split("\n"), "selectors:", ...all];
  return [`${group.kind ?? "kprobes"}:`, `- ${head}`, ...rest.map((line) => `  ${line}`)].join(
    "\n",
  );
}

function defineCases(
  { group, cases }: Packed,
  seen: () => PolicyRun["observed"][number] | undefined,
) {
  const all = cases.reduce((sum, { reports }) => sum + reports.length, 0);
  for (const [selector, { name, first, reports }] of cases.entries()) {
    test(name, () => {
      const observed = seen();
      assert.ok(observed);
      const records = observed.records.filter((each) => each.selector === selector);
      const told = callsOf({ ...observed, records }, group.numbered);
      assert.deepEqual(
        told.map((number) => number + firstCall - first),
        reports,
      );
      assert.deepEqual([observed.counters.posted, observed.counters.lost], [all, 0]);
    });
  }
}
