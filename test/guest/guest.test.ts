/**
 * Boots guests, one a processor and two at most, and runs in them every test that `test/run/suites.ts`
 * sends there. If a guest dies, what ran then has failed, and a new one goes on with the rest.
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { findTests } from "../run/select.js";
import { phases, runsInGuest } from "../run/suites.js";
import { bootGuest, type GuestResult } from "./boot.js";
import { lanesOf } from "./lanes.js";
import { consoleFile, tailLines } from "./live.js";
import { cacheFolder } from "./paths.js";
import { Reemitter } from "./reemit.js";
import { testJob } from "./testJob.js";

const chosen = process.env.GUIDESTAR_GUEST_TESTS;
const names = chosen ? chosen.split(",") : findTests().filter(runsInGuest);
const namePattern = process.env.GUIDESTAR_TEST_NAME || undefined;
/** One after the other, since each had died, in a lane. */
const mostGuests = 3;
const mostLanes = Math.min(availableParallelism(), 2);
const deadline = Date.now() + phases.guest.fileTimeoutMs - 30_000;
const skip = process.arch === "x64" ? false : "the guest is an x86-64 machine";

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
process.once("SIGINT", () => stop.abort());

test("in the guest", { skip, concurrency: mostLanes }, async (t) => {
  const lanes = lanesOf(names, mostLanes);
  if (lanes.length === 1) return runLane(t, "1", names);
  await Promise.all(
    lanes.map((files, lane) =>
      t.test(`guest ${lane + 1}`, (inner) => runLane(inner, String(lane + 1), files)),
    ),
  );
  return undefined;
});

async function runLane(t: TestContext, lane: string, files: readonly string[]): Promise<void> {
  let left = files;
  for (let guests = 1; left.length > 0; guests++) {
    const { result, done, failed } = await runIn(t, lane, left);
    t.diagnostic(describe(result));
    if (failed) process.stdout.write(`${consoleTail(lane, result)}\n`);
    if (result.failure === undefined) return;
    // One file is to blame; the next guest goes on behind it.
    left = left.slice(done + 1);
    const again =
      left.length > 0 && guests < mostGuests && Date.now() < deadline && !stop.signal.aborted;
    if (!again) {
      assert.equal(left.length, 0, `${result.failure}; not run: ${left.join(", ")}`);
      assert.fail(result.failure);
    }
  }
}

async function runIn(t: TestContext, lane: string, files: readonly string[]) {
  const reemitter = new Reemitter(t);
  let done = 0;
  const result = await bootGuest({
    name: lane,
    job: testJob(files, namePattern),
    timeoutMs: Math.max(deadline - Date.now(), 1000),
    signal: stop.signal,
    onEvent: (name, event) => reemitter.add(name, event),
    onRan: (name) => {
      done++;
      reemitter.endFile(name);
    },
  });
  const victim = files[done];
  if (result.failure !== undefined && victim !== undefined) {
    reemitter.endFile(victim, result.failure);
  }
  await reemitter.end();
  const exports = path.join(cacheFolder, "exports");
  for (const [name, content] of result.files) {
    mkdirSync(exports, { recursive: true });
    writeFileSync(path.join(exports, path.basename(name)), content);
    t.diagnostic(`brought out .cache/guest/exports/${path.basename(name)}`);
  }
  const { fail, cancelled } = reemitter.totals;
  return { result, done, failed: result.failure !== undefined || fail > 0 || cancelled > 0 };
}

function describe({ kernel, bootMs, imageBytes, totalMs }: GuestResult): string {
  const seconds = (ms: number | undefined) =>
    ms === undefined ? "never" : `${(ms / 1000).toFixed(1)} s`;
  const image = `${(imageBytes / 2 ** 20).toFixed(0)} MiB image`;
  return `kernel ${kernel ?? "unknown"}, ${image}, up after ${seconds(bootMs)}, ${seconds(totalMs)} in all`;
}

function consoleTail(lane: string, { console }: GuestResult): string {
  const lines = console.trimEnd().split("\n").slice(-tailLines);
  const head = `Last lines of the guest's console (all: .cache/guest/${consoleFile(lane)}):`;
  return [head, ...lines].join("\n  | ");
}
