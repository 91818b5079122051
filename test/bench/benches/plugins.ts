/** What plugins cost, by part: packing, the call, fuel, preparing a module. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Event } from "../../../host/events/model.js";
import { projectFolder } from "../../../host/plugins/build.js";
import { PluginChain } from "../../../host/plugins/chain.js";
import { PluginInstance } from "../../../host/plugins/runtime/instance.js";
import { Packer } from "../../../host/plugins/runtime/packer.js";
import { prepare } from "../../../host/plugins/validate.js";
import { compileJob, Scene } from "../../host/plugins/events.js";
import { activate, compilePlugin } from "../../host/plugins/testPlugin.js";
import { bareCall } from "../bareCall.js";
import { type Bench, type Figure, figure, type RunningBench } from "../bench.js";

const batchEvents = 256;
const batches = 100;

export const bench: Bench = {
  name: "plugins",
  title: "plugins, by part",
  place: "host",
  rounds: 9,
  async start() {
    const packer = new Packer();
    const known = freshBatches().slice(0, 20);
    for (const batch of known) packer.pack(batch, 0);
    const variants: Mutable<RunningBench["variants"]> = {
      "new processes": () => {
        const fresh = freshBatches();
        return nsAnEvent(() => {
          for (const batch of fresh) packer.pack(batch, 0);
        });
      },
      "known processes": () =>
        nsAnEvent(() => {
          for (let n = 0; n < batches; n++) packer.pack(known[n % 20] as Event[], 0);
        }),
    };
    const figures: Figure[] = [
      figure("packing, every process new", "ns/event", (m) => m("new processes")),
      figure("packing, every process known", "ns/event", (m) => m("known processes")),
    ];
    const modules = await readModules();
    for (const [name, bytes] of modules) {
      const prepared = await prepare(bytes);
      const module = await WebAssembly.compile(prepared.code);
      const instance = new PluginInstance(module, { sink: () => {} });
      const selected = Uint32Array.from({ length: batchEvents }, (_, n) => n);
      const packed = new Packer();
      packed.pack(known[0] as Event[], 0);
      const repeated = (call: () => void) => () =>
        nsAnEvent(() => {
          for (let n = 0; n < batches; n++) call();
        });
      const part = {
        judge: `${name}, judge`,
        bare: `${name}, bare`,
        unmetered: `${name}, no fuel`,
      };
      variants[part.judge] = repeated(() => instance.judge(packed, selected, batchEvents));
      variants[part.bare] = repeated(bareCall(module, packed, batchEvents));
      const original = await WebAssembly.compile(bytes);
      variants[part.unmetered] = repeated(bareCall(original, packed, batchEvents));
      figures.push(
        figure(`${name}: copy, call, read`, "ns/event", (m) => m(part.judge)),
        figure(`${name}: the call alone`, "ns/event", (m) => m(part.bare)),
        figure(
          `${name}: fuel`,
          "%",
          (m) => (m(part.bare) / m(part.unmetered) - 1) * 100,
          undefined,
          "without fuel",
        ),
      );
    }
    variants.chain = await chainOfBoth([...modules.values()].slice(0, 2));
    variants.prepare = async () => {
      const [bytes] = modules.values();
      const startedMs = performance.now();
      await prepare(bytes as Uint8Array);
      return performance.now() - startedMs;
    };
    figures.push(
      figure("chain of two, every process new", "ns/event", (m) => m("chain")),
      figure("prepare a module", "ms", (m) => m("prepare")),
    );
    return { variants, figures };
  },
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

async function readModules(): Promise<Map<string, Uint8Array>> {
  const modules = new Map<string, Uint8Array>();
  for (const name of ["package-noise", "server-shell"])
    modules.set(name, await readFile(join(projectFolder, `dist/plugins/examples/${name}.wasm`)));
  modules.set(
    "two annotations an event",
    await compilePlugin(`
      import { annotate, Event, Verdict } from "guidestar";
      export function onEvent(event: Event): Verdict {
        annotate("program", event.process.binary.basename);
        annotate("severity", "medium");
        return Verdict.Keep;
      }`),
  );
  return modules;
}

/** Batches whose processes nobody has seen before, as they come from a busy machine. */
function freshBatches(): Event[][] {
  const events = compileJob(new Scene(), Math.ceil((batchEvents * batches) / 6));
  return Array.from({ length: batches }, (_, n) =>
    events.slice(n * batchEvents, (n + 1) * batchEvents),
  );
}

function nsAnEvent(run: () => void): number {
  const startedMs = performance.now();
  run();
  return ((performance.now() - startedMs) * 1e6) / (batchEvents * batches);
}

async function chainOfBoth(examples: readonly Uint8Array[]): Promise<() => number> {
  const chain = new PluginChain();
  for (const bytes of examples) await activate(chain, await prepare(bytes));
  return () => {
    const fresh = freshBatches();
    return nsAnEvent(() => {
      for (const batch of fresh) chain.run(batch);
    });
  };
}
