/** Runs the real command line in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../../../host/cli/main.js", import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Text for standard input, through a pipe; default: /dev/null. */
  readonly stdin?: string | Uint8Array;
  /** Whether more could follow `stdin`. */
  readonly isStdinLeftOpen?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  /** Folder to run in; default: that of the test. */
  readonly cwd?: string;
  /** Kills the process, so that a test fails in place of hanging. */
  readonly timeoutMs?: number;
}

export interface Running {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** Resolves once the pattern is in what has been printed so far. */
  seen(stream: "stdout" | "stderr", pattern: RegExp): Promise<void>;
}

export function run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return start(args, options).outcome;
}

export function start(args: readonly string[], options: RunOptions = {}): Running {
  return startCommand(process.execPath, [main, ...args], options);
}

/** A shell command line in which `guidestar` is the program under test. */
export function shell(commandLine: string, options: RunOptions = {}): Promise<Outcome> {
  const prelude = `guidestar() { ${quote(process.execPath)} ${quote(main)} "$@"; }\n`;
  return startCommand("bash", ["-c", prelude + commandLine], options).outcome;
}

/** One command for a shell that becomes the program under test: `exec guidestar …`. Signals reach it. */
export function startShell(commandLine: string, options: RunOptions = {}): Running {
  const program = `exec ${quote(process.execPath)} ${quote(main)}`;
  const replaced = commandLine.replace(/^exec guidestar/, () => program);
  return startCommand("bash", ["-c", replaced], options);
}

/** The same on a pseudo terminal, where standard output and standard error are one. */
export function terminal(args: readonly string[], options: RunOptions = {}): Running {
  const commandLine = [process.execPath, main, ...args].map(quote).join(" ");
  return startCommand("script", ["-qec", commandLine, "/dev/null"], options);
}

function startCommand(command: string, args: readonly string[], options: RunOptions): Running {
  const env = { ...process.env, ...cleanEnv, ...options.env };
  const child = spawn(command, args, {
    env,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  const printed = { stdout: "", stderr: "" };
  const watchers = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      printed[name] += text;
      for (const watcher of watchers) watcher();
    });
  }
  child.stdin?.on("error", () => {});
  if (options.isStdinLeftOpen) child.stdin?.write(options.stdin ?? "");
  else child.stdin?.end(options.stdin);
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 120_000);
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...printed });
    });
  });
  const seen = (stream: "stdout" | "stderr", pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!pattern.test(printed[stream])) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
      void outcome.then(() =>
        reject(new Error(`ended without ${pattern}: ${JSON.stringify(printed)}`)),
      );
    });
  return { child, outcome, seen };
}

/** What the machine's own environment must not decide. */
const cleanEnv: NodeJS.ProcessEnv = {
  NO_COLOR: undefined,
  FORCE_COLOR: undefined,
  GUIDESTAR_SERVER: undefined,
  NODE_TEST_CONTEXT: undefined,
  // Source maps: they double the start of a process in the guest.
  NODE_OPTIONS: undefined,
  TERM: "xterm",
};

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
