/**
 * What each sample plugin costs, with and without fuel, and the same plugin through the native ABI,
 * through Extism a batch at a time, and through Extism an event at a time.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Event } from "../../../host/events/model.js";
import { projectFolder } from "../../../host/plugins/build.js";
import type { PreparedPlugin } from "../../../host/plugins/prepared.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { Packer } from "../../../host/plugins/runtime/packer.js";
import { startInstance } from "../../../host/plugins/startInstance.js";
import { caller, decoderWithCaller, description, make } from "../../host/events/hook/support.js";
import { compileJob, Scene } from "../../host/plugins/events.js";
import { compilePlugin } from "../../host/plugins/testPlugin.js";
import { extismModule } from "../../plugins/extism/modules.js";
import { bareCall } from "../bareCall.js";
import { type Bench, type Figure, figure } from "../bench.js";

const batchEvents = 256;
const examples = join(projectFolder, "plugins/examples");

export const bench: Bench = {
  name: "samples",
  title: "the sample plugins; the native ABI against Extism",
  place: "host",
  async start({ quick }) {
    const more = quick ? 1 : 3;
    const processEvents = compileJob(new Scene(), Math.ceil(batchEvents / 6)).slice(0, batchEvents);
    const callEvents = makeCalls();
    const variants: Record<string, () => number | Readonly<Record<string, number>>> = {};
    const figures: Figure[] = [];
    for (const name of readdirSync(examples).sort()) {
      const bytes = readFileSync(join(projectFolder, `dist/plugins/examples/${name}.wasm`));
      const prepared = prepareModule(bytes);
      const isOfCalls = name === "connections" || name === "file-baseline";
      const packer = packed(isOfCalls ? callEvents : processEvents);
      variants[name] = judge(prepared, packer, batchEvents, 20 * more);
      const { settings } = prepared;
      const metered = bareCall(
        new WebAssembly.Module(prepared.code),
        packer,
        batchEvents,
        settings,
      );
      const unmetered = bareCall(new WebAssembly.Module(bytes), packer, batchEvents, settings);
      variants[`${name}, bare`] = () => nsAnEvent(40 * more, metered);
      variants[`${name}, no fuel`] = () => nsAnEvent(40 * more, unmetered);
      figures.push(
        figure(name, "ns/event", (m) => m(`${name}.ns`)),
        figure(`${name}: fuel`, "units/event", (m) => m(`${name}.fuel`)),
        figure(
          `${name}: fuel costs`,
          "%",
          (m) => (m(`${name}, bare`) / m(`${name}, no fuel`) - 1) * 100,
          undefined,
          "without fuel",
        ),
      );
    }
    for (const [name, prepared] of await sameThrice())
      for (const perCall of [batchEvents, 1]) {
        const how = `${name}, ${perCall === 1 ? "an event" : `${perCall} events`} a call`;
        const calls = name === "native" ? 5 * more : 1;
        variants[how] = judge(prepared, packed(processEvents), perCall, calls);
        const native = `native, ${batchEvents} events a call`;
        figures.push(figure(`drop, mark by binary: ${how}`, "ns/event", (m) => m(`${how}.ns`)));
        if (how !== native)
          figures.push(
            figure(
              `drop, mark by binary: ${how}`,
              "×",
              (m) => m(`${how}.ns`) / m(`${native}.ns`),
              undefined,
              native,
            ),
          );
      }
    return { variants, figures };
  },
};

/** One plugin, built for three kinds of host. */
async function sameThrice(): Promise<readonly (readonly [string, PreparedPlugin])[]> {
  const native = await compilePlugin(`
    import { annotate, Event, Verdict } from "guidestar";
    export function onEvent(event: Event): Verdict {
      const binary = event.process.binary;
      if (binary.equals("/usr/bin/sleep")) return Verdict.Drop;
      if (binary.equals("/bin/sh")) annotate("shell", true);
      return Verdict.Keep;
    }`);
  return [
    ["native", prepareModule(native)],
    ["Extism, C", prepareModule(await extismModule("noise-c"))],
    ["Extism, C, protobuf", prepareModule(await extismModule("noise-protobuf"))],
    ["Extism, AssemblyScript", prepareModule(await extismModule("noise-as"))],
  ];
}

/** What a batch costs in the host: copy, call, read. */
function judge(prepared: PreparedPlugin, packer: Packer, perCall: number, calls: number) {
  const { settings } = prepared;
  const instance = startInstance(prepared, new WebAssembly.Module(prepared.code), {
    ...{ sink: () => {}, settings },
  });
  return () => {
    let burnt = 0;
    const ns = nsAnEvent(calls, () => {
      burnt = 0;
      for (let from = 0; from < batchEvents; from += perCall) {
        const selected = Uint32Array.from({ length: perCall }, (_, n) => from + n);
        instance.judge(packer, selected, perCall);
        burnt += instance.burnt;
      }
    });
    return { ns, fuel: burnt / batchEvents };
  };
}

function nsAnEvent(calls: number, run: () => void): number {
  run();
  const startedMs = performance.now();
  for (let n = 0; n < calls; n++) run();
  return ((performance.now() - startedMs) * 1e6) / calls / batchEvents;
}

function packed(events: Event[]): Packer {
  const packer = new Packer();
  packer.showsCalls = true;
  if (packer.pack(events, 0) !== batchEvents)
    throw new Error("the events do not fit into one batch");
  return packer;
}

/** Connections to a few ports, and files of a few folders. */
function makeCalls(): Event[] {
  const { decode } = decoderWithCaller();
  decode(make.definition(description({ hook: 7, args: [{ type: "sock", index: 0 }] })));
  const watched = { hook: 8, functionName: "security_file_permission" };
  decode(make.definition(description({ ...watched, args: [{ type: "file", index: 0 }] })));
  return Array.from({ length: batchEvents }, (_, n) => {
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
