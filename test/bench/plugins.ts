/**
 * What plugins cost, by part: packing, the call, fuel. Not a test: it prints figures.
 * Run `npm run build` first, then `node dist/test/bench/plugins.js`.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Event } from "../../host/events/model.js";
import { projectFolder } from "../../host/plugins/build.js";
import { PluginChain } from "../../host/plugins/chain.js";
import { PluginInstance } from "../../host/plugins/runtime/instance.js";
import { Packer } from "../../host/plugins/runtime/packer.js";
import { prepare } from "../../host/plugins/validate.js";
import { compileJob, Scene } from "../host/plugins/events.js";
import { compilePlugin } from "../host/plugins/testPlugin.js";

const BATCH = 256;
const BATCHES = 100;
const ROUNDS = 9;

const modules = new Map<string, Uint8Array>();
for (const name of ["package-noise", "server-shell"]) {
  modules.set(name, await readFile(join(projectFolder, `dist/plugins/examples/${name}.wasm`)));
}
const examples = [...modules.values()];
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

/** Batches whose processes nobody has seen before, as they come from a busy machine. */
function freshBatches(): Event[][] {
  const events = compileJob(new Scene(), Math.ceil((BATCH * BATCHES) / 6));
  return Array.from({ length: BATCHES }, (_, n) => events.slice(n * BATCH, (n + 1) * BATCH));
}

/** The best of a few rounds of what `run` takes an event; ns. Others may be using the machine. */
async function measure(label: string, setUp: () => (() => void) | Promise<() => void>) {
  const figures: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const run = await setUp();
    const startedMs = performance.now();
    run();
    figures.push(((performance.now() - startedMs) * 1e6) / (BATCH * BATCHES));
  }
  const best = Math.min(...figures);
  console.log(`${label.padEnd(58)} ${best.toFixed(0).padStart(6)} ns an event`);
  return best;
}

const packer = new Packer();
await measure("packing, every process new", () => {
  const batches = freshBatches();
  return () => {
    for (const batch of batches) packer.pack(batch, 0);
  };
});
const known = freshBatches().slice(0, 20);
for (const batch of known) packer.pack(batch, 0);
await measure("packing, every process known", () => () => {
  for (let n = 0; n < BATCHES; n++) packer.pack(known[n % 20] as Event[], 0);
});

for (const [name, bytes] of modules) {
  const prepared = await prepare(bytes);
  const module = await WebAssembly.compile(prepared.code);
  const selected = Uint32Array.from({ length: BATCH }, (_, n) => n);
  packer.pack(known[0] as Event[], 0);

  const instance = new PluginInstance(module, { sink: () => {} });
  await measure(`${name}: copy, call, read`, () => () => {
    for (let n = 0; n < BATCHES; n++) instance.judge(packer, selected, BATCH);
  });
  const perEvent = instance.burnt / BATCH;

  const metered = await measure(`${name}: the call alone`, () => bareCall(module));
  const original = await WebAssembly.compile(bytes);
  const unmetered = await measure(`${name}: the call alone, without fuel`, () =>
    bareCall(original),
  );
  const overhead = (metered / unmetered - 1) * 100;
  console.log(`${name}: ${perEvent.toFixed(0)} units of fuel an event, +${overhead.toFixed(0)} %`);
}

await measure("chain of both, every process new", async () => {
  const chain = new PluginChain();
  for (const bytes of examples) {
    chain.activate(await chain.load(await prepare(bytes)), 1);
  }
  const batches = freshBatches();
  return () => {
    for (const batch of batches) chain.run(batch);
  };
});

for (const [name, bytes] of modules) {
  const startedMs = performance.now();
  for (let n = 0; n < 5; n++) await prepare(bytes);
  const ms = (performance.now() - startedMs) / 5;
  console.log(`prepare ${name} (${bytes.length} bytes): ${ms.toFixed(0)} ms`);
}

/** Calls gs_process_batch again and again on one batch that lies in the plugin's memory. */
function bareCall(module: WebAssembly.Module): () => void {
  const { exports } = new WebAssembly.Instance(module, {
    env: { abort: () => {} },
    guidestar: { log: () => {} },
  });
  const fuel = exports["guidestar.fuel"] as WebAssembly.Global | undefined;
  if (fuel) fuel.value = 1n << 60n;
  (exports["guidestar.start"] as (() => void) | undefined)?.();
  const parts = packer.partsFor(BATCH);
  const address = (exports.gs_allocate as (bytes: number) => number)(1 << 20);
  const selected = Uint32Array.from({ length: BATCH }, (_, n) => n);
  const memory = new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
  packer.write(memory, address, parts, selected);
  const call = exports.gs_process_batch as (address: number) => number;
  for (let n = 0; n < 200; n++) call(address);
  return () => {
    for (let n = 0; n < BATCHES; n++) call(address);
  };
}
