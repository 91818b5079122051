/**
 * Cases of one selector, eight to a hook: each sees calls of its own. Hundreds of them take seconds
 * so, not minutes, where the kernel is emulated.
 */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { calls, callsOf, firstCall, type PolicyRun, runPolicies } from "./run.js";

export interface PackedCase {
  readonly name: string;
  /** One filter of `matchArgs`, YAML, or several with commas between them; default: none. */
  readonly filters?: string;
  /** What else the selector has, YAML without braces; default: nothing. */
  readonly parts?: string | ((rootPid: number) => string);
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

/** Words for the workload `calls`: the calls of all cases, or those of each case that have this place. */
export type PackedWords = (which?: number) => string[];

/** As many as a hook takes. */
const selectors = 8;

interface Packed {
  readonly group: PackedGroup;
  readonly cases: readonly (PackedCase & { readonly first: number })[];
}

/** The groups' cases in one run. */
export function definePacked(
  groups: readonly PackedGroup[],
  command: (words: PackedWords) => readonly string[] = (words) => [calls, ...words()],
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
  const words: PackedWords = (which) => packs.flatMap((pack) => wordsOf(pack, which)).slice(1);
  let run: PolicyRun;
  before(async () => {
    run = await runPolicies(command(words), (root) => packs.map((pack) => policyText(pack, root)));
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
function wordsOf({ group, cases }: Packed, which: number | undefined): string[] {
  const all = Array.from({ length: group.count }, (_, i) => i);
  const wanted = all.filter((each) => which === undefined || each === which);
  return cases.flatMap(({ first }) =>
    wanted.flatMap((each) => [",", ...group.call(each, first + each)]),
  );
}

function policyText({ group, cases }: Packed, rootPid: number): string {
  const all = cases.map(({ filters, parts, first }) => {
    const values = `["${first}:${first + group.count - 1}"]`;
    const own = `{args: [${group.numbered ?? 0}], operator: InRange, values: ${values}}`;
    const more = typeof parts === "function" ? parts(rootPid) : parts;
    const args = filters === undefined ? own : `${own}, ${filters}`;
    return `- {matchArgs: [${args}]${more === undefined ? "" : `, ${more}`}}`;
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
