/** One hook in the kernel: its own copy of a hook program, made for it, loaded and attached. */
import {
  BpfError,
  type BpfObject,
  type Link,
  type ProgramInfo,
  programInfo,
} from "../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../errors.js";
import type { HookSpec } from "../../policy/hookSpec.js";
import { type HookCounters, readCounters, resetCounters } from "./counters.js";
import type { HookFeatures } from "./features.js";
import { type HookConfig, hookConfig, reportsAtReturn } from "./hookConfig.js";
import { openHookObject } from "./hookObject.js";
import {
  type Attaching,
  chooseMechanism,
  type Mechanism,
  type MechanismName,
} from "./mechanism.js";
import { FilterSets } from "./selector/filterSets.js";
import type { MarkLease } from "./selector/marks.js";
import { selectorConfig } from "./selector/selectorConfig.js";
import type { SharedHookMaps } from "./sharedMaps.js";

export interface HookOptions {
  /** `gs_hook_event.hook`; never used twice. */
  readonly hook: number;
  readonly maps: SharedHookMaps;
  readonly features: HookFeatures;
  /** Default true; else it waits for `attach()`. */
  readonly attach?: boolean;
  /** Start in monitor mode; default: enforce. */
  readonly monitor?: boolean;
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
  /** Kernel memory of its programs, code and constants; maps are shared by all hooks. */
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
  const slot = options.maps.slots.take();
  const { maps } = options;
  const filters = { sets: new FilterSets(maps.btf, maps.filters), marks: maps.marks.lease() };
  let object: BpfObject | undefined;
  try {
    resetCounters(maps, slot);
    setMode(maps, slot, options.monitor ?? false);
    object = prepare(spec, mechanism, slot, filters, options);
    object.load();
    const hook = new Hook(object, mechanism, { hook: options.hook, slot }, filters, maps);
    if (options.attach !== false) hook.attach();
    return hook;
  } catch (error) {
    object?.close();
    closeFilters(filters);
    maps.slots.giveBack(slot);
    throw asHookError(error, spec);
  }
}

interface Filters {
  readonly sets: FilterSets;
  readonly marks: MarkLease;
}

function closeFilters({ sets, marks }: Filters): void {
  sets.close();
  marks.close();
}

function setMode(maps: SharedHookMaps, slot: number, monitor: boolean): void {
  const bytes = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
  maps.modes.update(bytes(slot), bytes(Number(monitor)));
}

function prepare(
  spec: HookSpec,
  mechanism: Mechanism,
  slot: number,
  filters: Filters,
  { hook, maps }: HookOptions,
): BpfObject {
  const sizes = {
    event: maps.btf.struct("gs_hook_event").size,
    argument: maps.btf.struct("gs_arg").size,
  };
  const config = hookConfig(spec, mechanism, { hook, slot }, sizes);
  const object = openHookObject(mechanism.object, maps.hasLoop);
  try {
    for (const [name, { target }] of partsOf(mechanism)) {
      const program = object.program(name);
      program.autoload = true;
      if (target !== undefined) program.setTarget(target);
    }
    object.variables.set("hook_config", config);
    if (spec.selectors.length > 0) {
      object.variables.set("selector_config", selectorConfig(spec, filters, maps.hostUserNs));
    }
    maps.share(object, {
      draftBytes: maps.draftHead + config.data_max,
      slackBytes: sizes.argument + slackOf(config, spec),
      atReturn: reportsAtReturn(spec),
    });
    return object;
  } catch (error) {
    object.close();
    throw error;
  }
}

/**
 * The kernel sees each argument begin at the end of the record. Of one that is put together from
 * pieces it sees the last piece begin at the end, too.
 */
function slackOf(config: HookConfig, spec: HookSpec): number {
  const all = [...spec.args, ...(spec.returned ? [spec.returned] : [])];
  const hasPieces = all.some(({ type }) => type === "char_iovec" || type === "iov_iter");
  return (hasPieces ? 2 : 1) * config.payload_max + 8;
}

/** The return first: of a call that is seen to begin, the end must be seen. */
const partsOf = ({ entry, returned }: Mechanism): readonly (readonly [string, Attaching])[] =>
  returned === undefined
    ? [["hook_entry", entry]]
    : [
        ["hook_return", returned],
        ["hook_entry", entry],
      ];

class Hook implements LoadedHook {
  readonly mechanism: MechanismName;
  readonly #object: BpfObject;
  readonly #how: Mechanism;
  readonly #ids: { readonly hook: number; readonly slot: number };
  readonly #filters: Filters;
  readonly #maps: SharedHookMaps;
  #links: Link[] = [];
  #closed = false;

  constructor(
    object: BpfObject,
    how: Mechanism,
    ids: { readonly hook: number; readonly slot: number },
    filters: Filters,
    maps: SharedHookMaps,
  ) {
    this.mechanism = how.name;
    this.#object = object;
    this.#how = how;
    this.#ids = ids;
    this.#filters = filters;
    this.#maps = maps;
  }

  get attached(): boolean {
    return this.#links.length > 0;
  }

  get memoryBytes(): number {
    return this.#programs().reduce(
      (sum, { jitedBytes, translatedBytes }) => sum + jitedBytes + translatedBytes,
      0,
    );
  }

  attach(): void {
    if (this.attached) return;
    const links: Link[] = [];
    try {
      for (const [name, part] of partsOf(this.#how)) {
        links.push(part.attach(this.#object.program(name)));
      }
    } catch (error) {
      for (const link of links) link.close();
      throw error;
    }
    this.#links = links;
  }

  detach(): void {
    for (const link of this.#links.splice(0).reverse()) link.close();
    this.#maps.forgetPending(this.#ids.hook);
  }

  statistics(): HookStatistics {
    const all = this.#programs();
    const sum = (value: (info: ProgramInfo) => bigint) =>
      all.reduce((total, info) => total + value(info), 0n);
    return {
      runs: sum(({ runCount }) => runCount),
      runTimeNs: sum(({ runTimeNs }) => runTimeNs),
      recursionMisses: sum(({ recursionMisses }) => recursionMisses),
    };
  }

  counters(): HookCounters {
    return readCounters(this.#maps, this.#ids.slot);
  }

  setMonitor(on: boolean): void {
    if (!this.#closed) setMode(this.#maps, this.#ids.slot, on);
  }

  #programs(): readonly ProgramInfo[] {
    return partsOf(this.#how).map(([name]) => programInfo(this.#object.program(name).fd));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.detach();
    this.#object.close();
    closeFilters(this.#filters);
    this.#maps.slots.giveBack(this.#ids.slot);
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
