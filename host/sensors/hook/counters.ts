/** What a hook counted, added up over all CPUs. */
import type { Btf, StructLayout } from "../../../bpf/libbpf/index.js";
import type { SharedHookMaps } from "./sharedMaps.js";

/** See `struct gs_hook_counters`. */
export interface HookCounters {
  readonly calls: number;
  readonly filtered: number;
  readonly rateLimited: number;
  readonly posted: number;
  readonly lost: number;
  /** That nobody asked for. */
  readonly unwanted: number;
  readonly actions: number;
  readonly failed: number;
  readonly unmatched: number;
}

const fields = {
  calls: "calls",
  filtered: "filtered",
  rateLimited: "rate_limited",
  posted: "posted",
  lost: "lost",
  unwanted: "unwanted",
  actions: "actions",
  failed: "failed",
  unmatched: "unmatched",
} as const;

export function readCounters(maps: SharedHookMaps, slot: number): HookCounters {
  const bytes = maps.counters.lookup(key(slot)) ?? new Uint8Array(0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { size, members } = layoutIn(maps.btf);
  const sum = (field: string): number => {
    let total = 0n;
    const offset = members[field]?.offset ?? 0;
    for (let at = offset; at < view.byteLength; at += size) total += view.getBigUint64(at, true);
    return Number(total);
  };
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, sum(field)]),
  ) as unknown as HookCounters;
}

/** Looked up once: there may be thousands of hooks to read. */
const layouts = new WeakMap<Btf, StructLayout>();

function layoutIn(btf: Btf): StructLayout {
  const layout = layouts.get(btf) ?? btf.struct("gs_hook_counters");
  layouts.set(btf, layout);
  return layout;
}

/** Slots are used again. */
export function resetCounters(maps: SharedHookMaps, slot: number): void {
  maps.counters.update(key(slot), new Uint8Array(maps.countersBytes));
}

const key = (slot: number): Uint8Array => new Uint8Array(Uint32Array.of(slot).buffer);
