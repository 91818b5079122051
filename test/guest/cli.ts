/**
 * `npm run guest -- CMD ARG...` runs a command in the guest; without one, a shell there. Options come first:
 *   --tests NAME...     run test files in the guest (names as in `npm test -- --list`)
 *   --export-to DIR     where files go that the command leaves in $GUIDESTAR_EXPORT
 *   --timeout SECONDS   default 600
 *   --verbose           kernel messages too
 * The exit code is the command's, or 125 if the guest failed.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { bootGuest } from "./boot.js";
import type { Job } from "./messages.js";
import { testJob } from "./testJob.js";

const guestFailed = 125;
const args = process.argv.slice(2);
const options = {
  tests: { type: "boolean", default: false },
  "export-to": { type: "string" },
  timeout: { type: "string", default: "600" },
  verbose: { type: "boolean", default: false },
} as const;
const commandAt = firstOperand(args);
const { values } = parseArgs({ args: args.slice(0, commandAt), options });
const operands = args.slice(commandAt);

const timeoutMs = Number(values.timeout) * 1000;
if (!(timeoutMs > 0)) {
  process.stderr.write(`--timeout takes a number of seconds, not "${values.timeout}".\n`);
  process.exit(guestFailed);
}
const job: Job = values.tests ? testJob(operands) : { kind: "command", command: operands };
const interactive = !values.tests && process.stdin.isTTY === true && process.stdout.isTTY === true;
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => stop.abort());
}

const result = await bootGuest({
  job,
  timeoutMs,
  interactive,
  verbose: values.verbose,
  signal: stop.signal,
  onConsole: (text) => process.stdout.write(text),
  onEvent: (_test, { type, data }) => {
    if (type !== "test:pass" && type !== "test:fail") return;
    const indent = "  ".repeat(data.nesting);
    const took = ((data.details?.duration_ms ?? 0) / 1000).toFixed(1);
    const result = type === "test:pass" ? "ok" : "FAILED";
    process.stdout.write(`${indent}${result}: ${data.name} (${took} s)\n`);
    const error = data.details?.error;
    if (error !== undefined) process.stdout.write(`${error.stack ?? error.message}\n`);
  },
});
const folder = values["export-to"] ?? ".";
for (const [name, content] of result.files) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, path.basename(name)), content);
  process.stderr.write(`guest: brought out ${path.join(folder, path.basename(name))}\n`);
}
const boot = result.bootMs === undefined ? "" : `, up after ${(result.bootMs / 1000).toFixed(1)} s`;
const image = `image ${(result.imageBytes / 2 ** 20).toFixed(0)} MiB`;
process.stderr.write(
  `guest: ${result.failure ?? `exit code ${result.exitCode}`} (kernel ${result.kernel ?? "unknown"}, ${image}${boot}, ${(result.totalMs / 1000).toFixed(1)} s in all)\n`,
);
process.exitCode = result.exitCode ?? guestFailed;

/** Where the options end: everything from the command on is the command's. */
function firstOperand(list: readonly string[]): number {
  for (let index = 0; index < list.length; index++) {
    const item = list[index] ?? "";
    if (item === "--") return index + 1;
    if (!item.startsWith("--")) return index;
    if (item === "--export-to" || item === "--timeout") index++;
  }
  return list.length;
}
