/**
 * Runs the tests: `npm test`, `npm test -- host/plugins`, `npm test -- --name "closed twice"`. Unit tests
 * first, then tests that load eBPF programs, then the guest. The last lines are the totals; the exit
 * code is 0 only if tests ran and none failed.
 */
import { PassThrough } from "node:stream";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { parseArgs } from "node:util";
import { Collector } from "./collect.js";
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
const names = findTests();
const selection = select(names, positionals, { guest: !values["without-guest"] });
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
  const timer = setTimeout(
    () => stopFor(`stopped: not done after ${totalTimeoutMs / 60_000} minutes`),
    totalTimeoutMs,
  );

  const collector = new Collector();
  const events = new PassThrough({ objectMode: true });
  const shown = events.compose(new spec());
  const printed = shown.forEach((chunk: Buffer) => void process.stdout.write(chunk));
  for (const phase of Object.keys(phases) as Phase[]) {
    if (selection.byPhase[phase].length === 0 || stop.signal.aborted) continue;
    for await (const event of runPhase(phase, stop.signal)) {
      for (const item of collector.add(event)) events.write(item);
    }
    for (const item of collector.end()) events.write(item);
  }
  clearTimeout(timer);
  events.end();
  await printed;

  const { totals } = collector;
  for (const [key, value] of Object.entries(totals)) process.stdout.write(`# ${key} ${value}\n`);
  process.stdout.write(`# duration_ms ${Date.now() - started}\n`);
  if (stopped !== undefined) process.stdout.write(`# ${stopped}\n`);
  const passed = totals.tests > 0 && totals.fail === 0 && totals.cancelled === 0;
  process.exitCode = passed && stopped === undefined ? 0 : 1;
}

function runPhase(phase: Phase, signal: AbortSignal): AsyncIterable<TestEvent> {
  const { files, fileTimeoutMs } = phases[phase];
  return run({
    files: selection.byPhase[phase].map(fileOf),
    concurrency: files,
    timeout: fileTimeoutMs,
    signal,
    ...(values.name === undefined ? {} : { testNamePatterns: values.name }),
  }) as unknown as AsyncIterable<TestEvent>;
}
