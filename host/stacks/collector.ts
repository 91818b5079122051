/** All trees of a node: takes what the kernel counted, every second and whenever somebody asks. */
import type { fgs } from "../../proto/generated/api.js";
import { execId } from "../events/process.js";
import { foldStack } from "./fold.js";
import { CountedStacks, type TreeInit } from "./generation.js";
import { toMessage } from "./message.js";
import { type KnownProcess, Processes, type ProcessesOptions } from "./processes.js";
import { KernelSymbols } from "./symbols/kernelSymbols.js";
import { StackTree } from "./tree.js";

export interface CollectorOptions extends ProcessesOptions {
  readonly nodeName: string;
  /** `namespace/name` of the pod with this cgroup; "": none. Settles within a bound. */
  podOf(cgroup: string): Promise<string>;
}

/** What was counted since the tree was added. */
export interface TreeNumbers {
  readonly counted: number;
  readonly lost: number;
  readonly unseen: number;
  readonly cut: number;
  readonly nodes: number;
}

interface Collected {
  readonly stacks: CountedStacks;
  readonly tree: StackTree;
  unseen: number;
}

export class Collector {
  readonly #options: CollectorOptions;
  readonly #trees = new Map<string, Collected>();
  readonly #processes: Processes;
  readonly #kernel = new KernelSymbols();

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#processes = new Processes(options);
  }

  /** Before there are hooks that count in it. */
  add(init: TreeInit): void {
    this.#trees.set(init.name, {
      stacks: new CountedStacks(init),
      tree: new StackTree(),
      unseen: 0,
    });
  }

  remove(name: string): void {
    this.#trees.get(name)?.stacks.close();
    this.#trees.delete(name);
  }

  async takeAll(): Promise<void> {
    for (const name of [...this.#trees.keys()]) await this.#take(name);
  }

  /** With all that was counted up to now. Undefined: there is no such tree. */
  async read(name: string): Promise<fgs.StackTraceNode.$Properties | undefined> {
    await this.#take(name);
    const found = this.#trees.get(name);
    return found && toMessage(found.tree.root);
  }

  async numbers(): Promise<Record<string, TreeNumbers>> {
    await this.takeAll();
    return Object.fromEntries(
      Array.from(this.#trees, ([name, { stacks, tree, unseen }]) => [
        name,
        { ...stacks.counts(), unseen, cut: tree.cut, nodes: tree.nodes },
      ]),
    );
  }

  close(): void {
    for (const { stacks } of this.#trees.values()) stacks.close();
    this.#trees.clear();
    this.#processes.close();
  }

  async #take(name: string): Promise<void> {
    const found = this.#trees.get(name);
    if (found === undefined) return;
    this.#processes.hear();
    for (const stack of found.stacks.take()) {
      const process = this.#processes.of(stack.pid, stack.keyNs);
      const { frames, unseen } = foldStack(stack, process.image, this.#kernel);
      if (unseen) found.unseen += stack.count;
      found.tree.add(frames, stack.count, await this.#labels(process));
    }
  }

  async #labels({ pid, keyNs, image }: KnownProcess): Promise<string[]> {
    if (pid === 0) return ["binary=[kernel]", "pid=0"];
    const pod = image.cgroup === "" ? "" : await this.#options.podOf(image.cgroup);
    return [
      ...(image.binary === "" ? [] : [`binary=${image.binary}`]),
      `pid=${pid}`,
      `exec_id=${execId(this.#options.nodeName, keyNs, pid)}`,
      ...(pod === "" ? [] : [`pod=${pod}`]),
    ];
  }
}
