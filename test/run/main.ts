/**
 * Runs the tests: `npm test`, `npm test -- host/plugins`, `npm test -- --name "closed twice"`. Unit tests
 * first, then tests that load eBPF programs, then the guest. The last lines are the totals; the exit
 * code is 0 only if tests ran and none failed.
 */
import { finished } from "node:stream/promises";
import { spec } from "node:test/reporters";
import { parseArgs } from "node:util";
import { FileReport, noTotals } from "./report.js";
import { runFile } from "./runFile.js";
import { fileOf, findTests, select } from "./select.js";
import { type Phase, phases, totalTimeoutMs } from "./suites.js";
import type { TestEvent } from "./testEvent.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: "string", short: "t" },
    "without-guest": { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});

const started = Date.now();
const selection = select(findTests(), positionals, { guest: !values["without-guest"] });
const count = Object.values(selection.byPhase).flat().length;

if (count === 0) {
  process.stderr.write(`No test file fits "${positionals.join(" ")}"; --list shows all.\n`);
  process.exitCode = 1;
} else if (values.list) {
  for (const [phase, files] of Object.entries(selection.byPhase)) {
    for (const name of files) process.stdout.write(`${phase.padEnd(7)} ${name}\n`);
  }
  for (const name of selection.inGuest) process.stdout.write(`inside  ${name}\n`);
} else {
  await runAll();
}

async function runAll(): Promise<void> {
  // Test files are processes of their own, and read these.
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ""} --enable-source-maps`.trim();
  process.env.GUIDESTAR_GUEST_TESTS = selection.inGuest.join(",");
  if (values.name !== undefined) process.env.GUIDESTAR_TEST_NAME = values.name;

  const stop = new AbortController();
  let stopped: string | undefined;
  const stopFor = (reason: string) => {
    stopped ??= reason;
    stop.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => stopFor(`stopped by ${signal}`));
  }
  const minutes = totalTimeoutMs / 60_000;
  const timer = setTimeout(
    () => stopFor(`stopped: not done after ${minutes} minutes`),
    totalTimeoutMs,
  );

  const totals = noTotals();
  const reporter = new spec();
  reporter.on("data", (chunk) => void process.stdout.write(chunk));
  for (const phase of Object.keys(phases) as Phase[]) {
    const queue = [...selection.byPhase[phase]];
    const worker = async () => {
      for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
        if (stop.signal.aborted) return;
        await runOne(phase, name, (event) => void reporter.write(event));
      }
    };
    await Promise.all(Array.from({ length: phases[phase].files }, worker));
  }
  clearTimeout(timer);
  reporter.end();
  await finished(reporter);

  for (const [key, value] of Object.entries(totals)) process.stdout.write(`# ${key} ${value}\n`);
  process.stdout.write(`# duration_ms ${Date.now() - started}\n`);
  if (stopped !== undefined) process.stdout.write(`# ${stopped}\n`);
  const passed = totals.tests > 0 && totals.fail === 0 && totals.cancelled === 0;
  process.exitCode = passed && stopped === undefined ? 0 : 1;

  async function runOne(phase: Phase, name: string, show: (event: TestEvent) => void) {
    const { files, fileTimeoutMs } = phases[phase];
    const report = new FileReport(name, totals);
    // One beside others is shown when it is done, as a whole.
    const held: TestEvent[] = [];
    const add = files === 1 ? show : (event: TestEvent) => void held.push(event);
    // With a pattern for names of tests in the guest, the test that boots it must run whatever it is called.
    const namePattern = phase === "guest" ? undefined : values.name;
    const options = { timeoutMs: fileTimeoutMs, namePattern, signal: stop.signal };
    for await (const event of runFile(fileOf(name), options)) {
      for (const item of report.add(event)) add(item);
    }
    for (const item of report.end()) add(item);
    for (const item of held) show(item);
  }
}
