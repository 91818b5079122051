/** The kernel's audit log as Debian's auditd writes it: every exec of the system. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { waitFor } from "./waitFor.js";

const config = (folder: string) => `
log_file = ${folder}/audit.log
log_format = RAW
write_logs = yes
flush = none
max_log_file = 1000
max_log_file_action = ignore
space_left = 75
space_left_action = ignore
admin_space_left = 50
admin_space_left_action = ignore
disk_full_action = ignore
disk_error_action = ignore
name_format = none
local_events = yes
plugin_dir = ${folder}/plugins.d
`;

export class AuditLog {
  readonly #file: string;
  readonly #daemon: ChildProcess;
  #said = "";

  private constructor(readonly folder: string) {
    this.#file = path.join(folder, "audit.log");
    mkdirSync(path.join(folder, "plugins.d"), { recursive: true });
    writeFileSync(path.join(folder, "auditd.conf"), config(folder), { mode: 0o640 });
    this.#daemon = spawn("auditd", ["-n", "-c", folder], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#daemon.stdout, this.#daemon.stderr])
      stream?.setEncoding("utf8").on("data", (text) => {
        this.#said += text;
      });
  }

  /** Only what starts after this is told of: who is there already has no audit context. */
  static async start(folder: string): Promise<AuditLog> {
    const log = new AuditLog(folder);
    await waitFor("auditd's log", () => {
      if (log.#daemon.exitCode !== null) throw new Error(`auditd ended: ${log.#said}`);
      return existsSync(log.#file) && log.text().includes("type=DAEMON_START");
    });
    // Waits rather than loses when records come faster than they are written.
    execFileSync("auditctl", ["-D"], { stdio: "pipe" });
    execFileSync("auditctl", ["-b", "65536", "--backlog_wait_time", "60000"], { stdio: "pipe" });
    const rule = ["-a", "always,exit", "-F", "arch=b64", "-S", "execve", "-S", "execveat"];
    execFileSync("auditctl", rule, { stdio: "pipe" });
    return log;
  }

  text(): string {
    return readFileSync(this.#file, "latin1");
  }

  /** Records that the kernel dropped. */
  lost(): number {
    const status = execFileSync("auditctl", ["-s"], { encoding: "utf8" });
    return Number(/^lost (\d+)$/m.exec(status)?.[1] ?? Number.NaN);
  }

  /** Off altogether: what the kernel audits by itself would fill the guest's slow console. */
  async close(): Promise<void> {
    execFileSync("auditctl", ["-D"], { stdio: "pipe" });
    execFileSync("auditctl", ["-e", "0"], { stdio: "pipe" });
    const ended = once(this.#daemon, "exit");
    this.#daemon.kill("SIGTERM");
    await ended;
  }
}
