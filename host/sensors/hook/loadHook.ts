/** One hook in the kernel: its own copy of a hook program, made for it, loaded and attached. */
import {
  BpfError,
  type BpfObject,
  KernelProgram,
  kernelMemory,
  type ProgramInfo,
} from "../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../errors.js";
import type { HookSpec } from "../../policy/hookSpec.js";
import { type HookCounters, readCounters, resetCounters } from "./counters.js";
import type { HookFeatures } from "./features.js";
import { type Filters, type HookPlan, loadPlan, partsOf, planHook } from "./hookPlan.js";
import { type Attached, chooseMechanism, type MechanismName } from "./mechanism.js";
import { FilterSets } from "./selector/filterSets.js";
import type { SharedHookMaps } from "./sharedMaps.js";
import type { TreeMaps } from "./treeMaps.js";

export interface HookOptions {
  /** `gs_hook_event.hook`; never used twice. */
  readonly hook: number;
  readonly maps: SharedHookMaps;
  readonly features: HookFeatures;
  /** Default true; else it waits for `attach()`. */
  readonly attach?: boolean;
  /** Start in monitor mode; default: enforce. */
  readonly monitor?: boolean;
  /** Of the hook's tree, if it has one. */
  readonly tree?: TreeMaps | undefined;
}

export interface HookStatistics {
  /** Runs and time, if the kernel counts them (sysctl kernel.bpf_stats_enabled). */
  readonly runs: bigint;
  readonly runTimeNs: bigint;
  /** Calls that it missed, because it was running on that CPU already. */
  readonly recursionMisses: bigint;
}

/** Loaded; attached until `detach()`. */
export interface LoadedHook {
  readonly mechanism: MechanismName;
  readonly attached: boolean;
  /** Kernel memory of its programs and constants; other maps are shared by all hooks. */
  readonly memoryBytes: number;
  statistics(): HookStatistics;
  counters(): HookCounters;
  attach(): void;
  detach(): void;
  /** In monitor mode what would change a process is not done, only told. */
  setMonitor(on: boolean): void;
  /** Detaches and frees all of it. Twice does no harm. */
  close(): void;
}

/**
 * Loads and attaches. Throws a `GuidestarError`, one sentence that names the hook, and leaves nothing
 * behind, if it can't be done.
 */
export function loadHook(spec: HookSpec, options: HookOptions): LoadedHook {
  const mechanism = chooseMechanism(spec, options.features);
  const { maps, hook } = options;
  const ids = { hook, slot: maps.slots.take() };
  const filters = { sets: new FilterSets(maps.btf, maps.filters), marks: maps.marks.lease() };
  let loaded: Hook | undefined;
  try {
    resetCounters(maps, ids.slot);
    setMode(maps, ids.slot, options.monitor ?? false);
    const plan = planHook(spec, mechanism, ids, filters, maps, options.tree);
    loaded = new Hook(spec, plan, ids, filters, maps);
    loaded.load();
    if (options.attach !== false) loaded.attach();
    return loaded;
  } catch (error) {
    loaded?.detach();
    closeFilters(filters);
    maps.slots.giveBack(ids.slot);
    throw asHookError(error, spec);
  }
}

function closeFilters({ sets, marks }: Filters): void {
  sets.close();
  marks.close();
}

function setMode(maps: SharedHookMaps, slot: number, monitor: boolean): void {
  const bytes = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
  maps.modes.update(bytes(slot), bytes(Number(monitor)));
}

/**
 * Keeps the programs and their links, not the object they came from: that takes 300 kB, and is made
 * anew in a few milliseconds when it is needed.
 */
class Hook implements LoadedHook {
  readonly mechanism: MechanismName;
  readonly #spec: HookSpec;
  readonly #plan: HookPlan;
  readonly #ids: { readonly hook: number; readonly slot: number };
  readonly #filters: Filters;
  readonly #maps: SharedHookMaps;
  /** From `load` to `attach`. */
  #object: BpfObject | undefined;
  #programs: KernelProgram[] = [];
  #links: Attached[] = [];
  /** Of programs that are gone. */
  #before: HookStatistics = { runs: 0n, runTimeNs: 0n, recursionMisses: 0n };
  /** Does not change from load to detach. */
  #memoryBytes = 0;
  #closed = false;

  constructor(
    spec: HookSpec,
    plan: HookPlan,
    ids: { readonly hook: number; readonly slot: number },
    filters: Filters,
    maps: SharedHookMaps,
  ) {
    this.mechanism = plan.mechanism.name;
    this.#spec = spec;
    this.#plan = plan;
    this.#ids = ids;
    this.#filters = filters;
    this.#maps = maps;
  }

  get attached(): boolean {
    return this.#links.length > 0;
  }

  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Brings it into the kernel, where nothing runs it yet. */
  load(): void {
    const object = loadPlan(this.#plan, this.#maps);
    this.#object = object;
    this.#programs = partsOf(this.#plan.mechanism).map(
      ([name]) => new KernelProgram(object.program(name)),
    );
    const code = this.#programs.map((each) => kernelMemory(each.fd) + each.info().jitedBytes);
    const constants = object.maps.filter((map) => map.isData).map((map) => kernelMemory(map.fd));
    this.#memoryBytes = [...code, ...constants].reduce((sum, bytes) => sum + bytes, 0);
  }

  attach(): void {
    if (this.attached || this.#closed) return;
    try {
      if (this.#object === undefined) this.load();
      for (const [name, part] of partsOf(this.#plan.mechanism)) {
        const program = this.#object?.program(name);
        if (program !== undefined) this.#links.push(part.attach(program));
      }
      this.#forgetObject();
    } catch (error) {
      this.detach();
      throw asHookError(error, this.#spec);
    }
  }

  detach(): void {
    this.#before = this.statistics();
    for (const link of this.#links.splice(0).reverse()) link.close();
    for (const program of this.#programs.splice(0)) program.close();
    this.#memoryBytes = 0;
    this.#forgetObject();
    this.#maps.pending.forget(this.#ids.hook);
  }

  statistics(): HookStatistics {
    const infos = this.#programs.map((program) => program.info());
    const sum = (before: bigint, value: (info: ProgramInfo) => bigint) =>
      infos.reduce((total, info) => total + value(info), before);
    return {
      runs: sum(this.#before.runs, ({ runCount }) => runCount),
      runTimeNs: sum(this.#before.runTimeNs, ({ runTimeNs }) => runTimeNs),
      recursionMisses: sum(this.#before.recursionMisses, ({ recursionMisses }) => recursionMisses),
    };
  }

  counters(): HookCounters {
    const counted = readCounters(this.#maps, this.#ids.slot);
    const swept = this.#maps.pending.swept(this.#ids.hook);
    return { ...counted, unmatched: counted.unmatched + swept };
  }

  setMonitor(on: boolean): void {
    if (!this.#closed) setMode(this.#maps, this.#ids.slot, on);
  }

  close(): void {
    if (this.#closed) return;
    this.detach();
    this.#closed = true;
    closeFilters(this.#filters);
    this.#maps.slots.giveBack(this.#ids.slot);
  }

  #forgetObject(): void {
    this.#object?.close();
    this.#object = undefined;
  }
}

/** A refusal of the kernel as one sentence that names the hook. */
export function asHookError(error: unknown, spec: HookSpec): GuidestarError {
  if (error instanceof GuidestarError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (/is not modifiable/.test(text)) {
    return new GuidestarError(
      "FAILED_PRECONDITION",
      `${spec.functionName}: Override is not possible, this kernel lets no system call or function fail (CONFIG_FUNCTION_ERROR_INJECTION); it does let security hooks: use lsmhooks.`,
      { cause: error },
    );
  }
  const code = error instanceof BpfError ? "FAILED_PRECONDITION" : "INTERNAL";
  return new GuidestarError(code, `${spec.functionName} can't be hooked: ${text}.`, {
    cause: error,
  });
}
