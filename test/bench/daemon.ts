import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface BenchDaemon {
  readonly process: ChildProcess;
  readonly pid: number;
  /** From its start until it listened. */
  readonly startMs: number;
  /** Resident memory, MiB. */
  rssMib(): number;
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL("../../host/cli/main.js", import.meta.url));

/** Starts `guidestar daemon` at a unix socket. Rejects with what it said if it does not listen. */
export async function startDaemon(socket: string, ...args: string[]): Promise<BenchDaemon> {
  const startedMs = performance.now();
  const daemon = spawn(
    process.execPath,
    [main, "daemon", "--listen", `unix://${socket}`, "--plugin-dir", "none", ...args],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  await new Promise<void>((resolve, reject) => {
    daemon.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (/listening on/.test(said)) resolve();
    });
    daemon.once("exit", () => reject(new Error(`the daemon did not start: ${said}`)));
  });
  const startMs = performance.now() - startedMs;
  const pid = daemon.pid as number;
  return {
    process: daemon,
    pid,
    startMs,
    rssMib: () =>
      Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024,
    async stop() {
      const exited = new Promise((resolve) => daemon.once("exit", resolve));
      daemon.kill("SIGTERM");
      await exited;
    },
  };
}
