/** Steps of the set-up: runs their commands, shows one line for each that had something to do. */
import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** What the user is told instead of a stack trace. */
export class StepFailure extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

export class Steps {
  #started = Date.now();
  #done = 0;
  #terminal = process.stdout.isTTY === true;

  constructor() {
    stopOnSignals();
  }

  /**
   * Runs `work` and shows how long it took; `work` returns what to say about it. A terminal sees
   * the step while it runs, a log sees its beginning and its end.
   */
  async run(title, detail, work) {
    this.#done++;
    const started = Date.now();
    const text = detail ? `${title}: ${detail}` : title;
    process.stdout.write(this.#terminal ? `  … ${text}` : `  … ${text}\n`);
    const result = await work().catch((error) => {
      this.#line(`✗ ${text}`, started);
      throw error;
    });
    this.#line(`✓ ${result ? `${title}: ${result}` : text}`, started);
  }

  /** A line that is no step, such as a part left out. */
  note(text) {
    process.stdout.write(`  · ${text}\n`);
  }

  finish() {
    const seconds = secondsSince(this.#started);
    process.stdout.write(
      this.#done === 0 ? `set-up: all there (${seconds})\n` : `set-up: done (${seconds})\n`,
    );
  }

  #line(text, started) {
    const over = this.#terminal ? "\r\x1b[2K" : "";
    process.stdout.write(`${over}  ${text} (${secondsSince(started)})\n`);
  }
}

const secondsSince = (started) => `${((Date.now() - started) / 1000).toFixed(1)} s`;

const running = new Set();

/** Only for the set-up as a program: others import parts of it and have signals of their own to heed. */
function stopOnSignals() {
  for (const [signal, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
    ["SIGHUP", 1],
  ]) {
    process.once(signal, () => {
      for (const child of running) child.kill(signal);
      process.stderr.write(`\nset-up stopped by ${signal}; run it again to go on.\n`);
      process.exit(128 + number);
    });
  }
}

/**
 * Runs a command to its end; stdout and stderr together. `ok` is false if it could not be started
 * or its exit code is not 0. The whole output is kept: a failed step shows all of it.
 */
export function command(file, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    const finish = (ok, status) => {
      running.delete(child);
      resolve({ ok, status, output: Buffer.concat(chunks).toString() });
    };
    child.once("error", (error) => finish(false, error.message));
    child.once("close", (code, signal) =>
      finish(code === 0, signal ? `stopped by ${signal}` : `exit code ${code}`),
    );
  });
}

/** The same, for a command that must succeed. Resolves to its output. */
export async function mustRun(file, args, options = {}) {
  const result = await command(file, args, options);
  if (result.ok) return result.output;
  throw new StepFailure(
    `${result.output.trimEnd()}\n\nFailed (${result.status}): ${[file, ...args].join(" ")}` +
      (options.advice ? `\n${options.advice}` : ""),
  );
}
