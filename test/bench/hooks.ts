/**
 * What a hook costs a call, by the kernel's own count (bpf stats), on mkdirat; to be run in the guest:
 *   npm run guest -- node dist/test/bench/hooks.js [CALLS]
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { BpfObject, enableStats, type Program } from "../../bpf/libbpf/index.js";
import type { ArgumentFilter, HookSpec, SelectorSpec } from "../../host/policy/hookSpec.js";
import { type HookFeatures, hookFeatures } from "../../host/sensors/hook/features.js";
import { runHooked } from "../bpf/core/hook/harness.js";
import { argument, syscallHook, userArgument } from "../bpf/core/hook/specs.js";

const calls = process.argv[2] ?? "100000";
const workload = fileURLToPath(new URL("workloads/mkdirs", import.meta.url));
const empties = fileURLToPath(new URL("programs/empty.bpf.o", import.meta.url));
const stats = enableStats();

const args = [argument(0, "s32"), userArgument(1, "string", { maxData: 256 }), argument(2, "u32")];
const none: SelectorSpec = {
  pids: [],
  binaries: [],
  args: [],
  returnArgs: [],
  namespaces: [],
  namespaceChanges: [],
  capabilities: [],
  capabilityChanges: [],
  actions: [],
  returnActions: [],
};
const filter = (position: number, test: ArgumentFilter["test"]): ArgumentFilter => ({
  position,
  negated: false,
  test,
});
const hook = (more: Partial<SelectorSpec>): HookSpec =>
  syscallHook("mkdirat", args, { selectors: [{ ...none, ...more }] });

const cases: Readonly<Record<string, HookSpec>> = {
  "rejected by pid": hook({
    pids: [{ negated: false, values: [1], followForks: false, namespaced: false }],
  }),
  "rejected by an integer": hook({ args: [filter(2, { kind: "oneOf", values: [9999n] })] }),
  "rejected by a string": hook({
    args: [filter(1, { kind: "text", match: "equal", values: [Buffer.from("/etc/shadow")] })],
  }),
  "matching, three arguments, one a string": hook({
    args: [filter(2, { kind: "oneOf", values: [0o755n] })],
  }),
  "at return, the same": syscallHook("mkdirat", args, {
    returned: argument(0, "s32", { source: { kind: "return" } }),
  }),
};

const all = hookFeatures();
for (const [mechanism, features] of [
  ["kprobe", { ...all, fentry: false }],
  ["fentry", all],
] as const) {
  const empty = emptyNs(mechanism);
  row(mechanism, "an empty program", empty, empty, "");
  for (const [name, spec] of Object.entries(cases))
    await measure(mechanism, name, spec, features, empty);
}
stats.close();

function emptyNs(kind: "kprobe" | "fentry"): number {
  const object = BpfObject.open(empties);
  try {
    const program: Program = object.program(`empty_${kind}`);
    program.autoload = true;
    if (kind === "fentry") program.setTarget("__x64_sys_mkdirat");
    object.load();
    const link = kind === "fentry" ? program.attachTrace() : program.attachSyscall("mkdirat");
    spawnSync(workload, [calls]);
    const { runTimeNs, runCount } = program.info();
    link.close();
    return Number(runTimeNs) / Number(runCount);
  } finally {
    object.close();
  }
}

async function measure(
  mechanism: string,
  name: string,
  spec: HookSpec,
  features: HookFeatures,
  empty: number,
): Promise<void> {
  const run = await runHooked([workload, calls], [spec], features);
  const [counters] = run.counters;
  const [statistics] = run.statistics;
  if (counters === undefined || statistics === undefined) throw new Error("nothing was counted");
  const ns = Number(statistics.runTimeNs) / counters.calls;
  const { posted, filtered, lost } = counters;
  row(mechanism, name, ns, empty, `posted ${posted}, filtered ${filtered}, lost ${lost}`);
}

function row(mechanism: string, name: string, ns: number, empty: number, rest: string): void {
  const ratio = (ns / empty).toFixed(1).padStart(6);
  console.log(
    `${mechanism.padEnd(7)} ${name.padEnd(42)} ${ns.toFixed(0).padStart(6)} ns ${ratio} x  ${rest}`,
  );
}
