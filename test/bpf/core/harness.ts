/** Runs a workload below a gate, with the base programs scoped to it, and collects every record. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type BaseOptions, type BaseSensor, loadBase } from "../../../host/sensors/base.js";
import { openLiveSource } from "../../../host/source/live.js";
import type { Source } from "../../../host/source/source.js";
import { type Decoded, Decoder, type Exec, type Exit, type Fork } from "./decode.js";

export const workload = (name: string): string =>
  fileURLToPath(new URL(`workloads/${name}`, import.meta.url));

export interface SpawnOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly argv0?: string;
}

/** A process that waits at the gate; its first exec will be the command. */
export class Gated {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly #closed: Promise<unknown>;
  #output = "";

  constructor(command: readonly string[], options: SpawnOptions = {}) {
    this.child = spawn(workload("gate"), command, {
      stdio: ["pipe", "pipe", "inherit"],
      ...options,
    });
    if (this.child.pid === undefined) throw new Error(`cannot start ${workload("gate")}`);
    this.pid = this.child.pid;
    this.#closed = once(this.child, "close");
    this.child.stdout?.setEncoding("utf8").on("data", (text) => {
      this.#output += text;
    });
  }

  /** Lets it go; standard input stays open. */
  open(): void {
    this.child.stdin?.write("\n");
  }

  /** Resolves when it has ended, to what it printed. */
  async end(): Promise<string> {
    this.child.stdin?.end();
    await this.#closed;
    return this.#output;
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }
}

export interface Run {
  readonly rootPid: number;
  readonly output: string;
  readonly exitCode: number | null;
  readonly records: readonly Decoded[];
  readonly forks: readonly Fork[];
  readonly execs: readonly Exec[];
  readonly exits: readonly Exit[];
  readonly losses: ReturnType<Source["losses"]>;
}

export interface RunOptions extends SpawnOptions {
  readonly base?: Omit<BaseOptions, "scope">;
  /** Done once the workload was let go. */
  readonly meanwhile?: (gated: Gated, base: BaseSensor) => Promise<unknown>;
}

/** Traces the command and its descendants, from before its exec to after its exit. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<Run> {
  const gated = new Gated(command, options);
  let base: BaseSensor | undefined;
  try {
    const scope = { kind: "tree", rootPids: [gated.pid], spawned: true } as const;
    base = loadBase({ scan: false, ...options.base, scope });
    const collector = new Collector(base);
    try {
      gated.open();
      await options.meanwhile?.(gated, base);
      const output = await collector.during(gated.end());
      return {
        rootPid: gated.pid,
        output,
        exitCode: gated.child.exitCode,
        ...collector.result(),
      };
    } finally {
      collector.close();
    }
  } finally {
    gated.kill();
    base?.close();
  }
}

/** Reads and decodes all that comes. */
export class Collector {
  readonly records: Decoded[] = [];
  readonly source: Source;
  readonly #decoder: Decoder;

  constructor(base: BaseSensor) {
    this.source = openLiveSource(base.source);
    this.#decoder = new Decoder(base.layout);
  }

  /** Reads what is there. */
  drain(): void {
    const take = (bytes: Uint8Array, _view: DataView, offset: number, size: number) => {
      const record = this.#decoder.decode(bytes.slice(offset, offset + size));
      if (record !== undefined) this.records.push(record);
    };
    while (this.source.read(1024, take) > 0);
  }

  /** Reads until the promise is settled, and what is left then. */
  async during<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    promise.then(settle, settle);
    while (!settled) {
      this.drain();
      await this.source.wait(20);
    }
    this.drain();
    return promise;
  }

  result() {
    const ofType = <T extends Decoded["type"]>(type: T) =>
      this.records.filter((each): each is Extract<Decoded, { type: T }> => each.type === type);
    return {
      records: this.records,
      forks: ofType("fork"),
      execs: ofType("exec"),
      exits: ofType("exit"),
      losses: this.source.losses(),
    };
  }

  close(): void {
    this.source.close();
  }
}
