import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { FileReport, noTotals, type Totals } from "./report.js";
import { runFile } from "./runFile.js";
import type { TestEvent } from "./testEvent.js";

const folder = mkdtempSync(path.join(os.tmpdir(), "report-"));
after(() => rmSync(folder, { recursive: true }));

/** Runs a real test file; returns what would be shown of it, indented, and what was counted. */
async function report(
  body: string,
  timeoutMs = 30_000,
): Promise<{ lines: string[]; totals: Totals }> {
  const file = path.join(folder, "x.test.mjs");
  writeFileSync(file, `import { describe, test } from "node:test";\n${body}`);
  // This process is one that node:test started, and would keep others from running tests.
  delete process.env.NODE_TEST_CONTEXT;
  const totals = noTotals();
  const shown = new FileReport("some/file", totals);
  const lines: string[] = [];
  const show = ({ type, data }: TestEvent) => {
    if (type !== "test:pass" && type !== "test:fail") return;
    const error = data.details?.error;
    const text = error === undefined ? "" : `: ${String(error.cause ?? error.message)}`;
    lines.push(`${"  ".repeat(data.nesting)}${type.slice(5)} ${data.name}${text}`);
  };
  for await (const event of runFile(file, { timeoutMs }))
    for (const item of shown.add(event)) show(item);
  for (const item of shown.end()) show(item);
  return { lines, totals };
}

test("a file is a group, and only tests that have none in them count", async () => {
  const { lines, totals } = await report(`
    test("a", () => {});
    describe("s", () => { test("b", () => {}); test("c", { skip: true }, () => {}); });
    test("d", async (t) => { await t.test("e", () => {}); await t.test("f", { todo: true }, () => {}); });
  `);
  const inner = [
    "  pass a",
    "    pass b",
    "    pass c",
    "  pass s",
    "    pass e",
    "    pass f",
    "  pass d",
  ];
  assert.deepEqual(lines, [...inner, "pass some/file"]);
  assert.deepEqual(totals, { tests: 5, pass: 3, fail: 0, cancelled: 0, skipped: 1, todo: 1 });
});

test("a failure in a test in a test counts once, and the group fails", async () => {
  const { lines, totals } = await report(
    `test("d", async (t) => { await t.test("e", () => { throw new Error("no"); }); });`,
  );
  assert.deepEqual(lines.slice(0, 1), ["    fail e: Error: no"]);
  assert.equal(lines.at(-1), "fail some/file: failed");
  assert.deepEqual([totals.tests, totals.fail], [1, 1]);
});

test("a file in which nothing runs fails", async () => {
  const { lines, totals } = await report("");
  assert.equal(lines[0], "  fail some/file as a whole: no test in this file has run");
  assert.equal(totals.fail, 1);
});

test("a file that dies names the tests that it took along", async () => {
  const { lines, totals } = await report(
    `test("lives", () => {}); test("dies", async () => { setTimeout(() => process.exit(3), 100); await new Promise((r) => setTimeout(r, 9000)); });`,
  );
  assert.equal(
    lines[1],
    "  fail some/file as a whole: test failed; exit code 3; had not ended: dies",
  );
  assert.deepEqual([totals.pass, totals.fail], [1, 1]);
});

test("a file that hangs is stopped, and names the test that hung", async () => {
  const { lines } = await report(
    `test("hangs", async () => { await new Promise((r) => setTimeout(r, 60000)); });`,
    1500,
  );
  assert.match(lines[0] ?? "", /timed out after 1500ms; had not ended: hangs/);
});
