/** What fuel costs, and what a plugin costs that reads two texts and a number of each event. */
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { Packer } from "../../../host/plugins/runtime/packer.js";
import { startInstance } from "../../../host/plugins/startInstance.js";
import { compileJob, Scene } from "../../host/plugins/events.js";
import { compilePlugin } from "../../host/plugins/testPlugin.js";
import { extismModule } from "../../plugins/extism/modules.js";
import { bareCall } from "../bareCall.js";
import { type Bench, figure } from "../bench.js";

const batchEvents = 256;

/** Both read a number and two texts; the second goes through all of one. */
const plugins = {
  compares: `
    if (process.uid == 77) return Verdict.Drop;
    if (process.binary.basename.equals("sleep")) return Verdict.Drop;
    return process.cwd.startsWith("/tmp/") ? Verdict.Drop : Verdict.Keep;`,
  searches: `
    if (process.uid == 77) return Verdict.Drop;
    if (process.binary.startsWith("/usr/lib/systemd/")) return Verdict.Drop;
    return process.arguments.contains("--password") ? Verdict.Drop : Verdict.Keep;`,
} as const;

export const bench: Bench = {
  name: "fuel",
  title: "a plugin that reads two texts and a number; fuel",
  place: "host",
  rounds: 9,
  async start({ quick }) {
    const calls = quick ? 200 : 600;
    const packer = new Packer();
    packer.pack(compileJob(new Scene(), Math.ceil(batchEvents / 6)).slice(0, batchEvents), 0);
    const variants: Record<string, () => number> = {};
    for (const [name, body] of Object.entries(plugins)) {
      const bytes = await compilePlugin(`
        import { Event, Verdict } from "guidestar";
        export function onEvent(event: Event): Verdict {
          const process = event.process;
          ${body}
        }`);
      const { code } = prepareModule(bytes);
      const metered = bareCall(new WebAssembly.Module(code), packer, batchEvents);
      const unmetered = bareCall(new WebAssembly.Module(bytes), packer, batchEvents);
      variants[`${name}, fuel`] = () => nsAnEvent(calls, batchEvents, metered);
      variants[`${name}, no fuel`] = () => nsAnEvent(calls, batchEvents, unmetered);
      variants[`${name}, host`] = judge(bytes, packer, batchEvents, calls);
    }
    variants.extism = judge(await extismModule("noise-c"), packer, 1, calls);
    const cost = (name: string) =>
      figure(
        `${name}: fuel`,
        "%",
        (m) => (m(`${name}, fuel`) / m(`${name}, no fuel`) - 1) * 100,
        name === "compares" ? { most: 12 } : undefined,
        "without fuel",
      );
    const whole = (name: string) =>
      figure(`${name}: copy, call, read`, "ns/event", (m) => m(`${name}, host`), { most: 150 });
    return {
      variants,
      figures: [
        ...Object.keys(plugins).flatMap((name) => [whole(name), cost(name)]),
        figure(
          "compares: copy, call, read",
          "×",
          (m) => m("compares, host") / m("extism"),
          { most: 0.01 },
          "an Extism call per event",
        ),
      ],
    };
  },
};

/** What the host does for a plugin, `perCall` events at a time. */
function judge(bytes: Uint8Array, packer: Packer, perCall: number, calls: number): () => number {
  const prepared = prepareModule(bytes);
  const module = new WebAssembly.Module(prepared.code);
  const instance = startInstance(prepared, module, { sink: () => {} });
  const selected = Uint32Array.from({ length: perCall }, (_, n) => n);
  return () => nsAnEvent(calls, perCall, () => void instance.judge(packer, selected, perCall));
}

function nsAnEvent(calls: number, events: number, call: () => void): number {
  for (let n = 0; n < 20; n++) call();
  // The best of a few, as a neighbour can only make it slower.
  let best = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 10; n++) {
    const startedMs = performance.now();
    for (let k = 0; k < calls / 10; k++) call();
    best = Math.min(best, performance.now() - startedMs);
  }
  return (best * 1e6) / (calls / 10) / events;
}
