/** Runs a workload with one hook on it, scoped to it, and collects the hook's records. */

import type { Btf } from "../../../../bpf/libbpf/index.js";
import type { HookSpec } from "../../../../host/policy/hookSpec.js";
import { type BaseSensor, loadBase } from "../../../../host/sensors/base.js";
import type { HookCounters } from "../../../../host/sensors/hook/counters.js";
import type { HookFeatures } from "../../../../host/sensors/hook/features.js";
import {
  type HookStatistics,
  type LoadedHook,
  loadHook,
} from "../../../../host/sensors/hook/loadHook.js";
import { SharedHookMaps } from "../../../../host/sensors/hook/sharedMaps.js";
import { openLiveSource } from "../../../../host/source/live.js";
import type { SourceLosses } from "../../../../host/source/source.js";
import { Gated } from "../harness.js";
import { decodeHook, type HookRecord } from "./decode.js";

export interface HookRun {
  readonly rootPid: number;
  readonly output: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
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
  let base: BaseSensor | undefined;
  let maps: SharedHookMaps | undefined;
  const hooks: LoadedHook[] = [];
  try {
    const scope = { kind: "tree", rootPids: [gated.pid], spawned: true } as const;
    base = loadBase({ scan: false, scope });
    const shared = new SharedHookMaps(base);
    maps = shared;
    specs.forEach((spec, i) => {
      hooks.push(loadHook(spec, { hook: i + 1, maps: shared, features }));
    });
    const source = openLiveSource(base.source);
    const records: HookRecord[] = [];
    const drain = () => {
      source.read(1_000_000, (bytes, _view, offset, size) => {
        const record = decodeHook(shared.btf, bytes.slice(offset, offset + size));
        if (record !== undefined) records.push(record);
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
    const losses = source.losses();
    source.close();
    atEnd(shared);
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
      btf: shared.btf,
    };
  } finally {
    gated.kill();
    for (const hook of hooks) hook.close();
    maps?.close();
    base?.close();
  }
}
