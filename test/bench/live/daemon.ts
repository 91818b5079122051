/** A daemon in a process of its own, for benches that measure all of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, connect } from "../../../host/api/client.js";
import { cpuMicrosecondsOf } from "../cpu.js";
import { Subscription } from "./subscription.js";

const cli = fileURLToPath(new URL("../../../host/cli/main.js", import.meta.url));

/** Calls of lseek with 4444 as whence, which is what the workload `burst` makes. */
export const policyYaml = `
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: seeks}
spec:
  kprobes:
  - call: sys_lseek
    syscall: true
    args: [{index: 2, type: int}]
    selectors: [{matchArgs: [{index: 2, operator: Equal, values: ["4444"]}]}]`;

/** The file of a socket is there before anybody listens. */
function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connectSocket(socket, () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}

export class BenchDaemon {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly socket: string;
  readonly #clients: { close(): void }[] = [];

  private constructor(child: ChildProcess, folder: string, socket: string) {
    this.#child = child;
    this.#folder = folder;
    this.socket = socket;
  }

  /** Returns as soon as the process runs. `policy`: begin with `policyYaml`. */
  static spawn(flags: readonly string[], policy = false): BenchDaemon {
    const folder = mkdtempSync(path.join(tmpdir(), "guidestar-bench-"));
    const socket = path.join(folder, "socket");
    const file = path.join(folder, "policy.yaml");
    writeFileSync(file, policyYaml);
    const policies = policy ? ["--tracing-policy", file] : [];
    const more = ["--plugin-dir", "none", "--log-level", "warn", ...policies, ...flags];
    const args = [cli, "daemon", "--listen", `unix://${socket}`, ...more];
    const child = spawn(process.execPath, args, { stdio: ["ignore", 2, "inherit"] });
    return new BenchDaemon(child, folder, socket);
  }

  /** The same, once it serves. */
  static async start(flags: readonly string[], policy = false): Promise<BenchDaemon> {
    const daemon = BenchDaemon.spawn(flags, policy);
    await daemon.serving();
    return daemon;
  }

  async serving(): Promise<void> {
    while (!(await answers(this.socket))) {
      if (this.#child.exitCode !== null) throw new Error("the daemon did not start");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async client(): Promise<Client> {
    const client = await connect({ serverAddress: `unix://${this.socket}` });
    this.#clients.push(client);
    return client;
  }

  /** Of these types of events; it counts them, and looks at nothing in them. */
  async subscribe(eventTypes: readonly number[]): Promise<Subscription> {
    const subscription = new Subscription(this.socket, eventTypes);
    this.#clients.push(subscription);
    await subscription.ready;
    return subscription;
  }

  cpuUs(): number {
    return cpuMicrosecondsOf(this.#child.pid ?? 0);
  }

  async close(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.close();
    if (this.#child.exitCode === null) {
      this.#child.kill("SIGTERM");
      await once(this.#child, "exit");
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
