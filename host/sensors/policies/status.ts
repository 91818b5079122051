/** What a policy and its hooks did. Plain data. */
import type { HookSpec, PolicyMode } from "../../policy/hookSpec.js";
import type { LoadedHook } from "../hook/loadHook.js";

/** Counted since the policy was added, over all times that it was enabled. */
export interface HookNumbers {
  /** Calls in scope that the hook looked at. */
  readonly calls: number;
  /** ... that no selector matched. */
  readonly filtered: number;
  readonly rateLimited: number;
  readonly posted: number;
  /** Events that the kernel could not hand over. */
  readonly lost: number;
  /** Calls of which nobody wanted the event: no stream, plugin or export. */
  readonly unwanted: number;
  /** Actions done, other than to post. */
  readonly actions: number;
  /** ... that the kernel refused. */
  readonly failed: number;
  /** Calls whose return was never seen. */
  readonly unmatched: number;
  /** Calls that came while the hook's program ran on that CPU already. */
  readonly missed: number;
  /** Runs of the programs and time in them, while the kernel counted these. */
  readonly runs: number;
  readonly timeNs: number;
}

export interface HookStatus extends HookNumbers {
  /** As events report it. */
  readonly name: string;
  readonly kind: HookSpec["target"]["kind"];
  /** How it is attached; "" while it is not. */
  readonly mechanism: string;
  /** Bytes of kernel memory that are its own; 0 while it is not loaded. */
  readonly memoryBytes: number;
}

export interface PolicyStatus {
  readonly name: string;
  readonly enabled: boolean;
  readonly mode: PolicyMode;
  /** Of a namespaced policy; else "". */
  readonly namespace: string;
  readonly hooks: readonly HookStatus[];
}

export const nothingCounted: HookNumbers = {
  calls: 0,
  filtered: 0,
  rateLimited: 0,
  posted: 0,
  lost: 0,
  unwanted: 0,
  actions: 0,
  failed: 0,
  unmatched: 0,
  missed: 0,
  runs: 0,
  timeNs: 0,
};

export function numbersOf(hook: LoadedHook): HookNumbers {
  const { runs, runTimeNs, recursionMisses } = hook.statistics();
  return {
    ...hook.counters(),
    missed: Number(recursionMisses),
    runs: Number(runs),
    timeNs: Number(runTimeNs),
  };
}

export function addNumbers(one: HookNumbers, other: HookNumbers): HookNumbers {
  const keys = Object.keys(nothingCounted) as (keyof HookNumbers)[];
  return Object.fromEntries(
    keys.map((key) => [key, one[key] + other[key]]),
  ) as unknown as HookNumbers;
}
