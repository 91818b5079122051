/**
 * What each sample plugin costs, with and without fuel, and the same plugin through the native ABI,
 * through Extism a batch at a time, and through Extism an event at a time. Not a test: it prints figures.
 * Run `npm run build` first, then `node dist/test/bench/samples.js`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Event } from "../../host/events/model.js";
import { projectFolder, withManifest } from "../../host/plugins/build.js";
import { parseManifest } from "../../host/plugins/manifest.js";
import type { PreparedPlugin } from "../../host/plugins/prepared.js";
import { prepareModule } from "../../host/plugins/prepareModule.js";
import { Packer } from "../../host/plugins/runtime/packer.js";
import { startInstance } from "../../host/plugins/startInstance.js";
import { caller, decoderWithCaller, description, make } from "../host/events/hook/support.js";
import { compileJob, Scene } from "../host/plugins/events.js";
import { compilePlugin } from "../host/plugins/testPlugin.js";

const BATCH = 256;
const ROUNDS = 7;
const examples = join(projectFolder, "plugins/examples");

/** The best of a few rounds of what `run` takes an event; ns. Others may be using the machine. */
function best(calls: number, run: () => void): number {
  run();
  let ns = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    for (let n = 0; n < calls; n++) run();
    ns = Math.min(ns, ((performance.now() - startedMs) * 1e6) / calls / BATCH);
  }
  return ns;
}

function line(name: string, cells: readonly string[]): void {
  console.log(name.padEnd(26) + cells.map((cell) => cell.padStart(12)).join(""));
}

const processEvents = compileJob(new Scene(), Math.ceil(BATCH / 6)).slice(0, BATCH);
const callEvents = makeCalls();

line("sample", ["events", "fuel/event", "ns/event", "call only", "without fuel", "more"]);
for (const name of readdirSync(examples).sort()) {
  const bytes = readFileSync(join(projectFolder, `dist/plugins/examples/${name}.wasm`));
  const prepared = prepareModule(bytes);
  const isOfCalls = name === "connections" || name === "file-baseline";
  const events = isOfCalls ? callEvents : processEvents;
  const { ns, fuel } = judge(prepared, events, BATCH, 100);
  const packer = packed(events);
  const metered = best(200, bareCall(new WebAssembly.Module(prepared.code), packer, prepared));
  const unmetered = best(200, bareCall(new WebAssembly.Module(bytes), packer, prepared));
  const more = `${Math.round((metered / unmetered - 1) * 100)} %`;
  const figures = [fuel, ns, metered, unmetered].map((n) => n.toFixed(0));
  line(name, [isOfCalls ? "calls" : "exec, exit", ...figures, more]);
}

console.log("\nthe same plugin (drop by binary, mark by binary)");
line("", ["fuel/event", "ns/event"]);
const native = prepareModule(
  await compilePlugin(`
    import { annotate, Event, Verdict } from "guidestar";
    export function onEvent(event: Event): Verdict {
      const binary = event.process.binary;
      if (binary.equals("/usr/bin/sleep")) return Verdict.Drop;
      if (binary.equals("/bin/sh")) annotate("shell", true);
      return Verdict.Keep;
    }`),
);
const kinds: [string, PreparedPlugin][] = [
  ["native", native],
  ["Extism, C", prepareModule(extism("noise-c"))],
  ["Extism, AssemblyScript", prepareModule(extism("noise-as"))],
];
for (const [name, prepared] of kinds) {
  for (const perCall of [BATCH, 1]) {
    const { ns, fuel } = judge(prepared, processEvents, perCall, name === "native" ? 20 : 2);
    const how = perCall === 1 ? "an event a call" : `${perCall} a call`;
    line(`${name}, ${how}`.slice(0, 38).padEnd(38), [fuel.toFixed(0), ns.toFixed(0)]);
  }
}

/** What a batch costs in the host: copy, call, read. */
function judge(prepared: PreparedPlugin, events: Event[], perCall: number, calls: number) {
  const { settings } = prepared;
  const instance = startInstance(prepared, new WebAssembly.Module(prepared.code), {
    ...{ sink: () => {}, settings },
  });
  const packer = packed(events);
  let burnt = 0;
  const run = () => {
    burnt = 0;
    for (let from = 0; from < BATCH; from += perCall) {
      const selected = Uint32Array.from({ length: perCall }, (_, n) => from + n);
      instance.judge(packer, selected, perCall);
      burnt += instance.burnt;
    }
  };
  const ns = best(calls, run);
  return { ns, fuel: burnt / BATCH };
}

function packed(events: Event[]): Packer {
  const packer = new Packer();
  packer.showsCalls = true;
  if (packer.pack(events, 0) !== BATCH) throw new Error("the events do not fit into one batch");
  return packer;
}

/** Calls gs_process_batch again and again on one batch that lies in the plugin's memory. */
function bareCall(
  module: WebAssembly.Module,
  packer: Packer,
  prepared: PreparedPlugin,
): () => void {
  const kv = { kv_get: () => -1, kv_set: () => 0, kv_delete: () => -1 };
  const { exports } = new WebAssembly.Instance(module, {
    env: { abort: () => {} },
    guidestar: { log: () => {}, clock: () => 1n, ...kv },
  });
  const fuel = exports["guidestar.fuel"] as WebAssembly.Global | undefined;
  if (fuel) fuel.value = 1n << 60n;
  (exports["guidestar.start"] as (() => void) | undefined)?.();
  const parts = packer.partsFor(BATCH);
  const address = (exports.gs_allocate as (bytes: number) => number)(1 << 20);
  const view = () => new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
  const settings = Buffer.from(prepared.settings);
  view().set(settings, address);
  const configure = exports.gs_configure as ((at: number, bytes: number) => number) | undefined;
  configure?.(address, settings.length);
  const selected = Uint32Array.from({ length: BATCH }, (_, n) => n);
  packer.write(view(), address, parts, selected);
  const call = exports.gs_process_batch as (address: number) => number;
  return () => {
    call(address);
  };
}

function extism(name: string): Uint8Array {
  const manifest = JSON.stringify({ name: "noise", version: "1", description: "" });
  const bytes = readFileSync(join(projectFolder, "test/plugins/extism", `${name}.wasm`));
  return withManifest(bytes, parseManifest(manifest, "bench"));
}

/** Connections to a few ports, and files of a few folders. */
function makeCalls(): Event[] {
  const { decode } = decoderWithCaller();
  decode(make.definition(description({ hook: 7, args: [{ type: "sock", index: 0 }] })));
  const watched = { hook: 8, functionName: "security_file_permission" };
  decode(make.definition(description({ ...watched, args: [{ type: "file", index: 0 }] })));
  return Array.from({ length: BATCH }, (_, n) => {
    const values = {
      ...{ family: 2, protocol: 6, source_port: 40_000 + n, destination_port: 440 + (n % 8) },
      ...{ source: Uint8Array.of(10, 0, 0, 1), destination: Uint8Array.of(10, 1, 2, 3) },
    };
    const argument =
      n % 2 === 0
        ? make.argument("GS_ARG_SOCK", 0, { struct: "gs_sock", values })
        : make.path(0, `/var/lib/app/${n % 16}/data`);
    const event = decode(make.hook({ ...caller, hook: 7 + (n % 2), args: 1 }, [argument]));
    if (!event) throw new Error("no event");
    return event;
  });
}
