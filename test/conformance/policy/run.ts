/**
 * Policies as their authors write them, in the kernel: one process makes calls, each known by a
 * number, and every policy says which of them it is told of.
 */

import { once } from "node:events";
import { KernelMap } from "../../../bpf/libbpf/index.js";
import { parsePolicyDocument } from "../../../host/policy/document/document.js";
import type { HookSpec } from "../../../host/policy/hookSpec.js";
import { kernelFacts } from "../../../host/policy/kernel/kernelFacts.js";
import { resolvePolicy } from "../../../host/policy/resolve/resolve.js";
import type { HookCounters } from "../../../host/sensors/hook/counters.js";
import { hookFeatures } from "../../../host/sensors/hook/features.js";
import { type LoadedHook, loadHook } from "../../../host/sensors/hook/loadHook.js";
import { openLiveSource } from "../../../host/source/live.js";
import { Gated, workload } from "../../bpf/core/harness.js";
import { decodeHook, type HookRecord } from "../../bpf/core/hook/decode.js";
import { closeWatched, watch, watchAlone } from "../../bpf/core/hook/watched.js";

export const calls = workload("calls");

/** Calls are known by a number from here on, in an argument that does not matter otherwise. */
export const firstCall = 1000;

export interface Observed {
  readonly records: readonly HookRecord[];
  readonly counters: HookCounters;
  /** Calls that the program did not see: it was running on that CPU. */
  readonly missed: number;
}

export interface PolicyRun {
  readonly rootPid: number;
  readonly output: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Entries of maps: of ended processes, and of policies that are gone. */
  readonly left: { readonly marked: number; readonly followed: number; readonly sets: number };
  /** By policy, in the order in which they were given. */
  readonly observed: readonly Observed[];
}

export interface PolicyRunOptions {
  readonly monitor?: boolean;
  /** Once the policies are there, before the command starts. */
  readonly ready?: (hooks: readonly LoadedHook[]) => void;
  /**
   * The policies come when the command runs and has said something; it goes on when it reads a line.
   * "base": the base programs, too.
   */
  readonly late?: "policies" | "base";
}

/** Lets it go, and waits until it says something. */
async function started(gated: Gated): Promise<void> {
  const said = once(gated.child.stdout ?? gated.child, "data");
  gated.open();
  await said;
}

/** Each policy is the text of `spec`, in YAML; loaded in order, each hook by itself. */
export async function runPolicies(
  command: readonly string[],
  policies: (rootPid: number) => readonly string[],
  options: PolicyRunOptions = {},
): Promise<PolicyRun> {
  const gated = new Gated(command);
  const cleanUp: { close(): void }[] = [];
  try {
    if (options.late === "base") await started(gated);
    const watched = options.late === "base" ? watchAlone(gated.pid, false) : watch(gated.pid);
    if (options.late === "base") cleanUp.push({ close: () => closeWatched(watched) });
    const { base, maps } = watched;
    if (options.late === "policies") await started(gated);
    const facts = kernelFacts({ hostNamespaces: base.hostNamespaces });
    const hooks = policies(gated.pid).map((text) =>
      specsOf(text, facts).map((spec) => {
        const number = watched.nextHook();
        const hook = loadHook(spec, {
          hook: number,
          maps,
          features: hookFeatures(),
          ...(options.monitor !== undefined && { monitor: options.monitor }),
        });
        cleanUp.push(hook);
        return { hook, number };
      }),
    );
    options.ready?.(hooks.flat().map(({ hook }) => hook));
    const source = openLiveSource(base.source);
    const entries = (map: string): number => {
      const opened = KernelMap.from(base.forHooks.maps[map] ?? -1);
      const count = [...opened.keys()].length;
      opened.close();
      return count;
    };
    const records: HookRecord[] = [];
    const drain = () => {
      source.read(1_000_000, (bytes, _view, offset, size) => {
        const record = decodeHook(maps.btf, bytes.slice(offset, offset + size));
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
    source.close();
    const counted = hooks.map((own) =>
      own.map(({ hook, number }) => ({
        number,
        counters: hook.counters(),
        missed: Number(hook.statistics().recursionMisses),
      })),
    );
    for (const { hook } of hooks.flat()) hook.close();
    return {
      left: {
        marked: entries("process_marks"),
        followed: entries("followed_fds"),
        sets: entries("short_texts") + entries("prefixes"),
      },
      rootPid: gated.pid,
      output,
      exitCode: gated.child.exitCode,
      signal: gated.child.signalCode,
      observed: counted.map((own) => ({
        records: records.filter(({ hook }) => own.some(({ number }) => number === hook)),
        counters: sum(own.map(({ counters }) => counters)),
        missed: own.reduce((total, { missed }) => total + missed, 0),
      })),
    };
  } finally {
    gated.kill();
    for (const each of cleanUp.reverse()) each.close();
  }
}

function specsOf(spec: string, facts: ReturnType<typeof kernelFacts>): readonly HookSpec[] {
  const text = `metadata: {name: test}\nspec:\n${spec.replace(/^/gm, "  ")}\n`;
  return resolvePolicy(parsePolicyDocument(text), facts).spec.hooks;
}

function sum(all: readonly HookCounters[]): HookCounters {
  const [first, ...rest] = all;
  if (first === undefined) throw new Error("a policy without a hook");
  return rest.reduce(
    (total, each) =>
      Object.fromEntries(
        Object.entries(total).map(([name, value]) => [
          name,
          value + each[name as keyof HookCounters],
        ]),
      ) as unknown as HookCounters,
    first,
  );
}

/** Numbers of the calls that a policy was told of; `position`: which argument has them. */
export function callsOf({ records }: Observed, position = 0): number[] {
  return records.map(({ args }) => {
    const payload = args.find((each) => each.position === position)?.payload;
    return Number(payload?.readBigInt64LE(0) ?? -1n) - firstCall;
  });
}
