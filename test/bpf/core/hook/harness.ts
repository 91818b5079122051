/** Runs a workload with one hook on it, scoped to it, and collects the hook's records. */

import type { Btf } from "../../../../bpf/libbpf/index.js";
import type { HookSpec } from "../../../../host/policy/hookSpec.js";
import type { HookCounters } from "../../../../host/sensors/hook/counters.js";
import type { HookFeatures } from "../../../../host/sensors/hook/features.js";
import {
  type HookStatistics,
  type LoadedHook,
  loadHook,
} from "../../../../host/sensors/hook/loadHook.js";
import type { SharedHookMaps } from "../../../../host/sensors/hook/sharedMaps.js";
import { openLiveSource } from "../../../../host/source/live.js";
import type { SourceLosses } from "../../../../host/source/source.js";
import { Gated } from "../harness.js";
import { decodeHook, type HookRecord } from "./decode.js";
import { watch } from "./watched.js";

export interface HookRun {
  readonly rootPid: number;
  readonly output: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** `hook` counts the specs, from 1. */
  readonly records: readonly HookRecord[];
  readonly counters: readonly HookCounters[];
  readonly mechanisms: readonly string[];
  readonly statistics: readonly HookStatistics[];
  readonly losses: SourceLosses;
  /** Of the hook object. */
  readonly btf: Btf;
}

/** Only what works on every kernel that tests run on; see the guest's tests for the others. */
export const portable: HookFeatures = {
  fentry: false,
  kprobe: false,
  fmodRet: false,
  lsm: false,
  overrideReturn: false,
};

/** Loads the hooks for the command's process tree, then lets it go. */
export async function runHooked(
  command: readonly string[],
  specs: readonly HookSpec[],
  features: HookFeatures = portable,
  atEnd: (maps: SharedHookMaps) => void = () => undefined,
): Promise<HookRun> {
  const gated = new Gated(command);
  const hooks: LoadedHook[] = [];
  try {
    const { base, maps, nextHook } = watch(gated.pid);
    const numbers = specs.map(() => nextHook());
    specs.forEach((spec, i) => {
      hooks.push(loadHook(spec, { hook: numbers[i] ?? 0, maps, features }));
    });
    const source = openLiveSource(base.source);
    const before = source.losses();
    const records: HookRecord[] = [];
    const drain = () => {
      source.read(1_000_000, (bytes, _view, offset, size) => {
        const record = decodeHook(maps.btf, bytes.slice(offset, offset + size));
        const hook = numbers.indexOf(record?.hook ?? 0) + 1;
        if (record !== undefined && hook > 0) records.push({ ...record, hook });
      });
    };
    gated.open();
    let ended = false;
    const end = gated.end().finally(() => {
      ended = true;
    });
    while (!ended) {
      drain();
      await source.wait(20);
    }
    const output = await end;
    drain();
    const losses = lostSince(before, source.losses());
    source.close();
    atEnd(maps);
    return {
      rootPid: gated.pid,
      output,
      exitCode: gated.child.exitCode,
      signal: gated.child.signalCode,
      records,
      counters: hooks.map((hook) => hook.counters()),
      mechanisms: hooks.map((hook) => hook.mechanism),
      statistics: hooks.map((hook) => hook.statistics()),
      losses,
      btf: maps.btf,
    };
  } finally {
    gated.kill();
    for (const hook of hooks) hook.close();
  }
}

function lostSince(before: SourceLosses, now: SourceLosses): SourceLosses {
  return {
    ring: now.ring - before.ring,
    ringProcess: now.ringProcess - before.ringProcess,
    tableFull: now.tableFull - before.tableFull,
    readFailed: now.readFailed - before.readFailed,
  };
}
