/**
 * BPF time of what a node does all day: a process that starts and ends, a call that a policy looks at.
 * Goals are multiples of an empty program: that is what the figures they come from were measured with.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { enableStats } from "../../../bpf/libbpf/index.js";
import type { HookSpec, SelectorSpec } from "../../../host/policy/hookSpec.js";
import { loadBase } from "../../../host/sensors/base.js";
import { hookFeatures } from "../../../host/sensors/hook/features.js";
import { openLiveSource } from "../../../host/source/live.js";
import { workload } from "../../bpf/core/harness.js";
import { runHooked } from "../../bpf/core/hook/harness.js";
import { argument, syscallHook } from "../../bpf/core/hook/specs.js";
import { type Bench, type Figure, figure } from "../bench.js";
import { emptyNs, none } from "./hooks.js";

/** Of Tetragon 0.10 in the same guest, µs; an empty kprobe took 0.12 there. */
const reference = { lifecycle: 485 / 0.12, rejected: 8.6 / 0.12, matching: 20 / 0.12 };

const whence = (value: bigint): SelectorSpec => ({
  ...none,
  args: [{ position: 1, negated: false, test: { kind: "oneOf", values: [value] } }],
});
const args = [argument(0, "s32"), argument(2, "u32")];
const hook = (value: bigint, more: Partial<HookSpec> = {}): HookSpec =>
  syscallHook("lseek", args, { selectors: [whence(value)], ...more });
const returned = argument(0, "s32", { source: { kind: "return" } });

const cases = {
  rejected: { spec: hook(17n), most: reference.rejected / 5 },
  matching: { spec: hook(4444n), most: reference.matching / 6 },
  "at return": { spec: hook(4444n, { returned }), most: undefined },
} as const;

export const bench: Bench = {
  name: "kernel",
  title: "BPF time of a process from fork to exit, and of a call at 2,000/s",
  place: "guest",
  rounds: 3,
  async start({ quick }) {
    const calls = quick ? 2000 : 8000;
    const stats = enableStats();
    const features = { ...hookFeatures(), fentry: false };
    const burst = (rate: number) => [
      ...[workload("burst"), String(calls), "0", workload("nop"), String(rate)],
    ];
    const variants: Record<string, () => number | Promise<number>> = {
      empty: () => emptyNs("kprobe", "lseek", burst(2000)),
      lifecycle: () => lifecycleNs(quick ? 200 : 1000),
    };
    const figures: Figure[] = [
      figure("an empty kprobe", "ns/call", (m) => m("empty")),
      figure("fork, exec and exit", "µs", (m) => m("lifecycle") / 1000),
      figure(
        "fork, exec and exit",
        "×",
        (m) => m("lifecycle") / m("empty"),
        { most: reference.lifecycle / 3 },
        "an empty program",
      ),
    ];
    for (const [name, { spec, most }] of Object.entries(cases)) {
      variants[name] = () => callNs(spec, burst(2000), features);
      const ratio = (m: (name: string) => number) => m(name) / m("empty");
      const goal = most === undefined ? undefined : { most };
      figures.push(figure(`lseek, ${name}`, "ns/call", (m) => m(name)));
      figures.push(figure(`lseek, ${name}`, "×", ratio, goal, "an empty program"));
    }
    return { variants, figures, close: () => stats.close() };
  },
};

async function callNs(
  spec: HookSpec,
  command: readonly string[],
  features: Parameters<typeof runHooked>[2],
): Promise<number> {
  const { counters, statistics } = await runHooked(command, [spec], features);
  if (!counters[0] || !statistics[0]) throw new Error("nothing was counted");
  if (counters[0].lost > 0) throw new Error(`${counters[0].lost} calls were lost`);
  return Number(statistics[0].runTimeNs) / counters[0].calls;
}

/** All programs together, a process; with a reader, as in a daemon. */
async function lifecycleNs(count: number): Promise<number> {
  const base = loadBase({ scope: { kind: "all" }, scan: false });
  const source = openLiveSource(base.source);
  try {
    const timeNs = () => base.statistics().reduce((sum, each) => sum + each.runTimeNs, 0n);
    const before = timeNs();
    const swarm = spawn(workload("swarm"), [String(count), "1", workload("nop")], {
      stdio: "ignore",
    });
    let ended = false;
    void once(swarm, "exit").then(() => {
      ended = true;
    });
    while (!ended) {
      source.read(1000, () => {});
      await source.wait(20);
    }
    return Number(timeNs() - before) / count;
  } finally {
    source.close();
    base.close();
  }
}
