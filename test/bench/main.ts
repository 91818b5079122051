/**
 * `npm run bench -- [--only NAME]... [--quick] [--json FILE] [--list] [--guest]`; see README.md.
 * `--guest`: the kernel part, in the test guest. `--inside`: the same, where that guest is this machine.
 * Exits with 1 if a bench failed; a goal that was missed is shown, and fails nothing.
 */
import { fork } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Bench, Result } from "./bench.js";
import type { FromChild } from "./child.js";
import { runInGuest } from "./guest.js";
import { benches } from "./list.js";
import { table } from "./table.js";

const options = {
  only: { type: "string", multiple: true, default: [] as string[] },
  quick: { type: "boolean", default: false },
  json: { type: "string", default: ".cache/bench.json" },
  list: { type: "boolean", default: false },
  guest: { type: "boolean", default: false },
  inside: { type: "boolean", default: false },
} as const;
const { values } = parseArgs({ options });
const unknown = values.only.find((name) => !benches.some((bench) => bench.name === name));
if (unknown !== undefined) {
  const names = benches.map(({ name }) => name).join(", ");
  process.stderr.write(`bench: there is no ${unknown}; there are ${names}\n`);
  process.exit(2);
}

mkdirSync(dirname(values.json), { recursive: true });
if (values.list) {
  for (const { name, place, title } of benches)
    process.stdout.write(`${name.padEnd(18)} ${place.padEnd(6)} ${title}\n`);
} else if (values.guest) process.exitCode = runInGuest(values);
else await runAll(values.inside ? "guest" : "host");

async function runAll(place: Bench["place"]): Promise<void> {
  const chosen = benches.filter(
    (bench) =>
      bench.place === place && (values.only.length === 0 || values.only.includes(bench.name)),
  );
  const results: Result[] = [];
  const failed: { bench: string; reason: string }[] = [];
  for (const bench of chosen) {
    try {
      results.push(...(await run(bench)));
    } catch (error) {
      failed.push({ bench: bench.name, reason: (error as Error).message });
    }
  }
  progress("");
  const machine = { cpus: availableParallelism(), model: cpus()[0]?.model, kernel: release() };
  const about = { when: new Date().toISOString(), node: process.version, quick: values.quick };
  const load = loadavg()[0];
  const json = { ...about, machine, load, results, failed };
  writeFileSync(values.json, `${JSON.stringify(json, undefined, 1)}\n`);
  process.stdout.write(`${table(results, process.stdout.isTTY === true)}\n`);
  for (const { bench, reason } of failed) process.stdout.write(`${bench} failed: ${reason}\n`);
  process.stdout.write(`written to ${values.json}\n`);
  if (failed.length > 0) process.exitCode = 1;
}

function run(bench: Bench): Promise<readonly Result[]> {
  const file = fileURLToPath(new URL("./child.js", import.meta.url));
  const args = [bench.name, ...(values.quick ? ["--quick"] : [])];
  // The child's own words go to stderr: stdout is the table's.
  const child = fork(file, args, {
    execArgv: ["--expose-gc", ...process.execArgv],
    stdio: ["ignore", 2, "inherit", "ipc"],
  });
  let results: readonly Result[] | undefined;
  child.on("message", (message: FromChild) => {
    if (message.type === "results") results = message.results;
    else progress(`${bench.name}: ${message.text}`);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (results !== undefined && code === 0) resolve(results);
      else reject(new Error(`it ended with ${signal ?? `code ${code}`}; its words are above`));
    });
  });
}

/** One line that is written over and over; nothing where nobody looks. */
function progress(text: string): void {
  if (process.stderr.isTTY === true) process.stderr.write(`\r\x1b[K${text}`);
}
