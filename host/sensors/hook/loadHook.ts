/** One hook in the kernel: its own copy of a hook program, made for it, loaded and attached. */
import {
  BpfError,
  type BpfObject,
  type Link,
  type Program,
  programInfo,
} from "../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../errors.js";
import type { HookSpec } from "../../policy/hookSpec.js";
import { type HookCounters, readCounters, resetCounters } from "./counters.js";
import { hookConfig, largestPayload } from "./hookConfig.js";
import { openHookObject } from "./hookObject.js";
import {
  chooseMechanism,
  type HookFeatures,
  type Mechanism,
  type MechanismName,
} from "./mechanism.js";
import { memberOf, type SharedHookMaps } from "./sharedMaps.js";

export interface HookOptions {
  /** `gs_hook_event.hook`; never used twice. */
  readonly hook: number;
  readonly maps: SharedHookMaps;
  readonly features: HookFeatures;
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
  statistics(): HookStatistics;
  counters(): HookCounters;
  attach(): void;
  detach(): void;
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
  let object: BpfObject | undefined;
  try {
    resetCounters(options.maps, slot);
    object = prepare(spec, mechanism, slot, options);
    object.load();
    const hook = new Hook(object, mechanism, slot, options.maps);
    hook.attach();
    return hook;
  } catch (error) {
    object?.close();
    options.maps.slots.giveBack(slot);
    throw asHookError(error, spec);
  }
}

function prepare(
  spec: HookSpec,
  mechanism: Mechanism,
  slot: number,
  { hook, maps }: HookOptions,
): BpfObject {
  const layout = {
    event: maps.btf.struct("gs_hook_event").size,
    argument: maps.btf.struct("gs_arg").size,
  };
  const config = hookConfig(spec, mechanism.context, { hook, slot }, layout);
  const object = openHookObject();
  try {
    const program = object.program(mechanism.program);
    program.autoload = true;
    if (mechanism.target !== undefined) program.setTarget(mechanism.target);
    object.variables.set("hook_config", config);
    const ahead = memberOf(maps.btf, "gs_hook_draft", "data").offset;
    const behind = layout.argument + largestPayload(spec);
    maps.share(object, { draftBytes: ahead + config.data_max + behind });
    return object;
  } catch (error) {
    object.close();
    throw error;
  }
}

class Hook implements LoadedHook {
  readonly mechanism: MechanismName;
  readonly #object: BpfObject;
  readonly #program: Program;
  #link: Link | undefined;
  #closed = false;

  constructor(
    object: BpfObject,
    private readonly how: Mechanism,
    private readonly slot: number,
    private readonly maps: SharedHookMaps,
  ) {
    this.mechanism = how.name;
    this.#object = object;
    this.#program = object.program(how.program);
  }

  get attached(): boolean {
    return this.#link !== undefined;
  }

  attach(): void {
    this.#link ??= this.how.attach(this.#program);
  }

  detach(): void {
    this.#link?.close();
    this.#link = undefined;
  }

  statistics(): HookStatistics {
    const { runCount, runTimeNs, recursionMisses } = programInfo(this.#program.fd);
    return { runs: runCount, runTimeNs, recursionMisses };
  }

  counters(): HookCounters {
    return readCounters(this.maps, this.slot);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.detach();
    this.#object.close();
    this.maps.slots.giveBack(this.slot);
  }
}

function asHookError(error: unknown, spec: HookSpec): GuidestarError {
  if (error instanceof GuidestarError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const code = error instanceof BpfError ? "FAILED_PRECONDITION" : "INTERNAL";
  return new GuidestarError(code, `${spec.functionName} can't be hooked: ${text}.`, {
    cause: error,
  });
}
