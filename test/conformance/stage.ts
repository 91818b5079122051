/** The one process under which all cases run, one after another. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { stage } from "./case.js";

export interface Performed {
  /** The case's first process. */
  readonly pid: number;
  /** A process whose end comes behind all events of the case. */
  readonly markPid: number;
}

export class Stage {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<string>;

  constructor(folder: string) {
    this.#child = spawn(stage, [], { cwd: folder, env: {} });
    this.#child.stderr.pipe(process.stderr);
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(error.message));
      this.#child.once("exit", (code, signal) => resolve(`it ended: ${code ?? signal}`));
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the stage did not start");
    return this.#child.pid;
  }

  /** Runs a command to its end, and that of all its descendants. */
  async perform(command: readonly string[], cwd: string): Promise<Performed> {
    const parts = [cwd, String(command.length), ...command];
    this.#child.stdin.write(parts.map((part) => `${part}\0`).join(""));
    const line = await Promise.race([this.#lines.next(), this.#ended]);
    if (typeof line === "string") throw new Error(`the stage is gone, ${line}`);
    const [pid, markPid] = String(line.value).split(" ").map(Number);
    if (pid === undefined || markPid === undefined) throw new Error("the stage said nothing");
    return { pid, markPid };
  }

  close(): void {
    this.#child.stdin.end();
    this.#child.kill("SIGKILL");
  }
}
