/** What a hook costs a call, by the kernel's own count (bpf stats), on mkdirat. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { BpfObject, enableStats, type Program } from "../../../bpf/libbpf/index.js";
import type { ArgumentFilter, HookSpec, SelectorSpec } from "../../../host/policy/hookSpec.js";
import { type HookFeatures, hookFeatures } from "../../../host/sensors/hook/features.js";
import { runHooked } from "../../bpf/core/hook/harness.js";
import { argument, syscallHook, userArgument } from "../../bpf/core/hook/specs.js";
import { type Bench, type Figure, figure } from "../bench.js";

const built = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));
const workload = built("workloads/mkdirs");
const empties = built("programs/empty.bpf.o");

const args = [argument(0, "s32"), userArgument(1, "string", { maxData: 256 }), argument(2, "u32")];
export const none: SelectorSpec = {
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

export const bench: Bench = {
  name: "hooks",
  title: "BPF time of a call that a hook sees",
  place: "guest",
  rounds: 3,
  async start({ quick }) {
    const calls = quick ? 20_000 : 100_000;
    const stats = enableStats();
    const all = hookFeatures();
    const variants: Record<string, () => number | Promise<number>> = {};
    const figures: Figure[] = [];
    for (const [mechanism, features] of [
      ["kprobe", { ...all, fentry: false }],
      ["fentry", all],
    ] as const) {
      const empty = `${mechanism}, empty`;
      variants[empty] = () => emptyNs(mechanism, "mkdirat", [workload, String(calls)]);
      figures.push(figure(empty, "ns/call", (m) => m(empty)));
      for (const [name, spec] of Object.entries(cases)) {
        const each = `${mechanism}, ${name}`;
        variants[each] = () => measure(spec, features, calls);
        figures.push(figure(each, "ns/call", (m) => m(each)));
        figures.push(figure(each, "×", (m) => m(each) / m(empty), undefined, "an empty program"));
      }
    }
    return { variants, figures, close: () => stats.close() };
  },
};

/** BPF time of an empty program on that system call, which the workload makes. */
export function emptyNs(
  kind: "kprobe" | "fentry",
  call = "mkdirat",
  command = [workload, "100000"],
): number {
  const object = BpfObject.open(empties);
  try {
    const program: Program = object.program(`empty_${kind}`);
    program.autoload = true;
    if (kind === "fentry") program.setTarget(`__x64_sys_${call}`);
    object.load();
    const link = kind === "fentry" ? program.attachTrace() : program.attachSyscall(call);
    spawnSync(command[0] as string, command.slice(1));
    const { runTimeNs, runCount } = program.info();
    link.close();
    return Number(runTimeNs) / Number(runCount);
  } finally {
    object.close();
  }
}

async function measure(spec: HookSpec, features: HookFeatures, calls: number): Promise<number> {
  const run = await runHooked([workload, String(calls)], [spec], features);
  const [counters] = run.counters;
  const [statistics] = run.statistics;
  if (counters === undefined || statistics === undefined) throw new Error("nothing was counted");
  if (counters.lost > 0) throw new Error(`${counters.lost} of ${counters.calls} calls were lost`);
  return Number(statistics.runTimeNs) / counters.calls;
}
