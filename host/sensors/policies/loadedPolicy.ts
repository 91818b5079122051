/** One policy: its hooks in the kernel, all of them or none. */
import { setImmediate } from "node:timers/promises";
import type { PipelinePort } from "../../pipeline/port.js";
import type { HookSpec, PolicyMode, PolicySpec } from "../../policy/hookSpec.js";
import { asHookError, type LoadedHook } from "../hook/loadHook.js";
import { describeHook } from "./describe.js";
import {
  addNumbers,
  type HookNumbers,
  nothingCounted,
  numbersOf,
  type PolicyStatus,
} from "./status.js";

/** What policies are loaded with. */
export interface HookLoader {
  /** Who must know of hooks before their first record. */
  readonly port: Pick<PipelinePort, "define" | "forget">;
  /** A number that no hook had. */
  nextHook(): number;
  /** Loads, and does not attach yet. Throws a `GuidestarError`. */
  load(hook: number, spec: HookSpec, mode: PolicyMode): LoadedHook;
}

interface InKernel {
  readonly number: number;
  readonly spec: HookSpec;
  readonly hook: LoadedHook;
}

export class LoadedPolicy {
  #hooks: readonly InKernel[] = [];
  /** Of hooks that are gone, by place in the policy. */
  #before: HookNumbers[];
  #enabled = false;

  constructor(
    private current: PolicySpec,
    private readonly loader: HookLoader,
  ) {
    this.#before = current.hooks.map(() => nothingCounted);
  }

  get name(): string {
    return this.current.name;
  }

  get spec(): PolicySpec {
    return this.current;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** Does nothing if it is enabled. What fails leaves nothing behind. */
  async enable(): Promise<void> {
    if (this.#enabled) return;
    this.#hooks = await this.#load(this.current);
    try {
      attachAll(this.#hooks);
    } catch (error) {
      await this.#unload();
      throw error;
    }
    this.#enabled = true;
  }

  /** Does nothing if it is not enabled. */
  async disable(): Promise<void> {
    if (!this.#enabled) return;
    this.#enabled = false;
    await this.#unload();
  }

  /**
   * Puts another spec with the same hooks in place of this one. The new hooks are loaded before the
   * old ones go, so that calls are missed for no longer than it takes to attach.
   */
  async replace(spec: PolicySpec): Promise<void> {
    if (!this.#enabled) {
      this.current = spec;
      return;
    }
    if (spec.hooks === this.current.hooks) {
      // Only the mode is another, which needs no other programs.
      for (const { hook } of this.#hooks) hook.setMonitor(spec.mode === "monitor");
      this.current = spec;
      return;
    }
    const [old, next] = [this.#hooks, await this.#load(spec)];
    for (const { hook } of old) hook.detach();
    try {
      attachAll(next);
    } catch (error) {
      await this.#drop(next);
      attachAll(old);
      throw error;
    }
    this.#remember();
    this.#hooks = next;
    this.current = spec;
    await this.#drop(old);
  }

  status(): PolicyStatus {
    const { name, mode, namespace = "", hooks } = this.current;
    return {
      name,
      enabled: this.#enabled,
      mode,
      namespace,
      hooks: hooks.map(({ functionName, target }, index) => {
        const loaded = this.#hooks[index]?.hook;
        const before = this.#before[index] ?? nothingCounted;
        return {
          name: functionName,
          kind: target.kind,
          mechanism: loaded?.mechanism ?? "",
          memoryBytes: loaded?.memoryBytes ?? 0,
          ...(loaded === undefined ? before : addNumbers(before, numbersOf(loaded))),
        };
      }),
    };
  }

  async #load(spec: PolicySpec): Promise<readonly InKernel[]> {
    const numbered = spec.hooks.map((hook) => ({ number: this.loader.nextHook(), spec: hook }));
    const described = numbered.map((each) => describeHook(spec, each.number, each.spec));
    const told = described.filter((each) => each !== undefined);
    if (told.length > 0) await this.loader.port.define(told);
    const loaded: InKernel[] = [];
    try {
      for (const each of numbered) {
        const hook = this.loader.load(each.number, each.spec, spec.mode);
        loaded.push({ ...each, hook });
        // Each takes some 20 ms of the thread that serves all calls.
        await setImmediate();
      }
      return loaded;
    } catch (error) {
      for (const { hook } of loaded) hook.close();
      await this.loader.port.forget(told.map(({ hook }) => hook));
      throw error;
    }
  }

  async #unload(): Promise<void> {
    for (const { hook } of this.#hooks) hook.detach();
    this.#remember();
    const gone = this.#hooks;
    this.#hooks = [];
    await this.#drop(gone);
  }

  /** What the present hooks counted is kept. */
  #remember(): void {
    this.#before = this.#before.map((before, index) => {
      const hook = this.#hooks[index]?.hook;
      return hook === undefined ? before : addNumbers(before, numbersOf(hook));
    });
  }

  async #drop(hooks: readonly InKernel[]): Promise<void> {
    for (const { hook } of hooks) hook.close();
    // Of the others nobody was told.
    const described = hooks.filter(({ spec }) => spec.tree === undefined);
    if (described.length > 0) {
      await this.loader.port.forget(described.map(({ number }) => number));
    }
  }
}

function attachAll(hooks: readonly InKernel[]): void {
  for (const { hook, spec } of hooks) {
    try {
      hook.attach();
    } catch (error) {
      throw asHookError(error, spec);
    }
  }
}
