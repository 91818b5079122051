import assert from "node:assert/strict";
import { test } from "node:test";
import { hook, problemsOf, resolve } from "../support.js";

const lseek = (more: string) => `kprobes: [{call: sys_lseek, syscall: true, ${more}}]`;

test("a hook's tree has both stacks unless it says otherwise", () => {
  assert.deepEqual(hook(lseek("stackTraceTree: {name: t}")).tree, {
    name: "t",
    kernel: true,
    user: true,
  });
  assert.deepEqual(hook(lseek("stackTraceTree: {name: t, user: false}")).tree, {
    name: "t",
    kernel: true,
    user: false,
  });
  assert.equal(hook(lseek("message: none")).tree, undefined);
});

test("samples come 99 times a second unless the policy says otherwise", () => {
  const { target, functionName } = hook("perf: [{stackTraceTree: {name: t}}]");
  assert.deepEqual([target, functionName], [{ kind: "perf", frequencyHz: 99 }, "cpu-clock"]);
  const often = hook("perf: [{event: cpu-clock, frequency: 1000, stackTraceTree: {name: t}}]");
  assert.deepEqual(often.target, { kind: "perf", frequencyHz: 1000 });
});

test("samples can be chosen by process", () => {
  const { selectors } = hook(
    "perf: [{stackTraceTree: {name: t}, selectors: [{matchBinaries: [{operator: In, values: [/bin/x]}]}]}]",
  );
  assert.equal(selectors.length, 1);
});

const refusals: readonly (readonly [string, RegExp])[] = [
  [lseek("stackTraceTree: {}"), /stackTraceTree\.name: this is missing: under which/],
  [lseek('stackTraceTree: {name: ""}'), /stackTraceTree\.name: this must not be empty/],
  [lseek(`stackTraceTree: {name: ${"x".repeat(129)}}`), /at most 128 bytes/],
  [lseek("stackTraceTree: tree"), /a stack trace tree is a mapping of fields, not the text "tree"/],
  [lseek("stackTraceTree: {name: t, kernl: true}"), /unknown field "kernl".*did you mean "kernel"/],
  [
    lseek("stackTraceTree: {name: t, kernel: false, user: false}"),
    /a tree without kernel and user stacks has nothing in it/,
  ],
  ["perf: [{frequency: 99}]", /perf\[0\]\.stackTraceTree: this is missing/],
  ["perf: [{frequency: 0, stackTraceTree: {name: t}}]", /a whole number from 1 to 10000, not 0/],
  ["perf: [{event: cycles, stackTraceTree: {name: t}}]", /"cycles" is none of cpu-clock/],
  [
    "perf: [{stackTraceTree: {name: t}, selectors: [{matchActions: [{action: Sigkill}]}]}]",
    /matchActions\[0\]\.action: of a sample there is only Post, which counts it, and NoPost/,
  ],
  [
    "perf: [{stackTraceTree: {name: t}, selectors: [{matchArgs: [{index: 0, operator: Equal, values: [1]}]}]}]",
    /perf\[0\]\.selectors\[0\]\.matchArgs\[0\]/,
  ],
];

for (const [fields, problem] of refusals) {
  test(`refused: ${fields.slice(0, 90)}`, () => {
    const problems = problemsOf(() => resolve(fields));
    assert.match(problems.join("\n"), problem);
  });
}
