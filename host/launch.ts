import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import type { Writable } from "node:stream";
import { GuidestarError } from "./errors.js";

/** A command that waits to begin until tracing is on, so that nothing it does is missed. */
export interface Launched {
  /** The command's own pid: it will exec in place. */
  readonly pid: number;
  /** Lets it begin. */
  release(): void;
  /** Exit code as a shell would give it: 128 + n for signal n, 127 for a command that is not there. */
  readonly exited: Promise<number>;
  /** Ends it; no harm if it has ended. */
  kill(signal: NodeJS.Signals): void;
}

export type Stdio = "inherit" | "ignore" | number;

// Waits for a line on descriptor 3, closes it, and becomes the command.
const waitThenExec = 'read _ <&3 || exit 125; exec 3<&-; exec "$@"';

/** @throws GuidestarError if no process can be started. */
export async function launchWaiting(
  command: readonly string[],
  stdio: readonly Stdio[] = ["inherit", "inherit", "inherit"],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Launched> {
  const child: ChildProcess = spawn("/bin/sh", ["-c", waitThenExec, "guidestar", ...command], {
    stdio: [...stdio, "pipe"],
    env,
  });
  const exited = exitOf(child);
  exited.catch(() => {});
  if (child.pid === undefined) {
    await exited;
    throw new GuidestarError("INTERNAL", "cannot start /bin/sh");
  }
  const gate = child.stdio[3] as Writable;
  gate.on("error", () => {});
  return {
    pid: child.pid,
    release: () => gate.end("\n"),
    exited,
    kill: (signal) => child.kill(signal),
  };
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(
        new GuidestarError("INTERNAL", `cannot start /bin/sh: ${error.message}`, { cause: error }),
      ),
    );
    child.once("exit", (code, signal) =>
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)),
    );
  });
}
