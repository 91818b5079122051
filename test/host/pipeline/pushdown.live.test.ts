import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { toNumber } from "../../../host/api/numbers.js";
import { type RunningPipeline, startPipeline } from "../../../host/daemon.js";
import { EventType } from "../../../host/events/model.js";
import { createLogger } from "../../../host/log.js";
import type { Feed, Frames } from "../../../host/pipeline/port.js";
import type { PluginSetup } from "../../../host/plugins/prepared.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { parsePolicyDocument } from "../../../host/policy/document/document.js";
import { emptyFilter, type FilterSpec, type StreamSpec } from "../../../host/stream/filterSpec.js";
import { fgs } from "../../../proto/generated/api.js";
import { Gated } from "../../bpf/core/harness.js";
import { generator } from "../plugins/generator.js";

const policy = (name: string, call: string, type: string) => `
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: ${name}}
spec:
  kprobes:
  - {call: sys_${call}, syscall: true, args: [{index: 0, type: ${type}}]}`;

const policies = {
  moves: policy("moves", "chdir", "string"),
  masks: policy("masks", "umask", "int"),
};

/** A shell that does what it is told, one line after the other. */
class Shell {
  readonly gated: Gated;

  constructor(t: TestContext, program: string, name: string) {
    const script = "while read -r line; do $line; done";
    this.gated = new Gated([program, "-c", script, name]);
    t.after(() => this.gated.kill());
  }

  get pid(): number {
    return this.gated.pid;
  }

  tell(lines: readonly string[]): void {
    this.gated.child.stdin?.write(lines.map((line) => `${line}\n`).join(""));
  }
}

/** What one stream got, as `SHELL FUNCTION ARGUMENT` or `SHELL exec BINARY`. */
class Listener {
  readonly seen: string[] = [];
  readonly #wakers: (() => void)[] = [];

  frames({ bytes }: Frames): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; ) {
      const end = at + 5 + view.getUint32(at + 1);
      this.seen.push(textOf(fgs.GetEventsResponse.decode(bytes.subarray(at + 5, end))));
      at = end;
    }
    for (const wake of this.#wakers.splice(0)) wake();
  }

  end(): void {}

  async until(count: number): Promise<void> {
    while (this.seen.length < count)
      await new Promise<void>((resolve) => this.#wakers.push(resolve));
  }
}

function textOf({ process_exec, process_exit, process_kprobe }: fgs.GetEventsResponse): string {
  const { process } = process_exec ?? process_exit ?? process_kprobe ?? {};
  const who = process?.arguments?.split(" ").at(-1) ?? "";
  if (!process_kprobe) return `${who} ${process_exec ? "exec" : "exit"} ${process?.binary}`;
  const [arg] = process_kprobe.args ?? [];
  return `${who} ${process_kprobe.policy_name} ${arg?.string_arg ?? arg?.int_arg}`;
}

const kprobes = { eventSet: [EventType.KPROBE] };

/** Some hook, some process, some both, some what the kernel cannot know. */
const filters = (pids: readonly number[]): readonly Partial<FilterSpec>[] => [
  {},
  kprobes,
  { eventSet: [EventType.EXEC, EventType.EXIT] },
  { eventSet: [EventType.TRACEPOINT] },
  { policyNames: ["moves"] },
  { functionNames: ["sys_umask"] },
  { ...kprobes, pid: [pids[0] ?? 0] },
  { binaryRegex: ["bash$"] },
  { policyNames: ["masks"], argumentsRegex: [" two$"] },
  { ...kprobes, namespace: ["nowhere"] },
  { ...kprobes, parentBinaryRegex: ["node$"] },
];

const places = ["/usr", "/etc", "/var", "/proc", "/"];

/** It asks for calls, and lets these pass. */
const sample = new URL("../../../plugins/examples/connections.wasm", import.meta.url);

/** The same for the same seed, but for what the kernel is told. */
async function play(t: TestContext, seed: number, pushdown: boolean) {
  const below = generator(seed);
  const shells = [new Shell(t, "/bin/sh", "one"), new Shell(t, "/bin/bash", "two")];
  const pids = shells.map(({ pid }) => pid);
  const running = await startPipeline({
    ...{ source: "live", nodeName: "node", ringBytes: 1 << 20, processCacheSize: 1000, pushdown },
    ...{ processCred: false, processNs: false, policies: {}, log: createLogger("error", "text") },
    scope: { kind: "tree", rootPids: pids, spawned: true },
  });
  t.after(() => running.close());
  const { pipeline, sensors } = running;
  for (const yaml of Object.values(policies))
    await sensors.add({ ...parsePolicyDocument(yaml), yaml });
  const sentinel = new Listener();
  await pipeline.subscribe(specOf([{ eventSet: [EventType.EXEC, EventType.EXIT] }]), sentinel);
  for (const { gated } of shells) gated.open();
  const all: Listener[] = [];
  const open = new Map<Listener, Feed>();
  let enabled = true;
  let plugin: PluginSetup[] = [];
  const prepared = prepareModule(readFileSync(sample));
  let came = shells.length;
  for (let step = 0; step < 40; step++) {
    const choice = below(10);
    const pool = filters(pids);
    const some = () => pool[below(pool.length)] ?? {};
    if (choice < 4 && open.size < 4) {
      const listener = new Listener();
      all.push(listener);
      const spec = specOf(
        Array.from({ length: below(8) === 0 ? 0 : 1 + below(2) }, some),
        Array.from({ length: below(4) === 0 ? 1 : 0 }, some),
      );
      open.set(listener, await pipeline.subscribe(spec, listener));
    } else if (choice < 8) {
      const [listener] = [...open.keys()].slice(below(open.size || 1));
      if (listener) open.get(listener)?.close();
      if (listener) open.delete(listener);
    } else if (choice === 8) {
      const setup = { instance: step + 1, mode: "enforce", settings: "", uploadedMs: 0 } as const;
      plugin = plugin.length > 0 ? [] : [{ plugin: prepared, ...setup }];
      await pipeline.arrange(plugin);
    } else {
      enabled = !enabled;
      await (enabled ? sensors.enable("moves") : sensors.disable("moves"));
    }
    // The shells one after the other; the end of what each runs last shows that all before has come.
    for (const shell of shells) {
      const calls = Array.from({ length: 1 + below(4) }, (_, i) =>
        below(2) === 0 ? `cd ${places[(step + i) % places.length]}` : `umask 0${step % 8}${i}`,
      );
      shell.tell([...calls, "/bin/true"]);
      came += 2;
      await sentinel.until(came);
    }
    // Behind all frames that were on their way.
    await pipeline.status();
  }
  const unwanted = await unwantedOf(running);
  await running.close();
  for (const { gated } of shells) gated.kill();
  return { seen: all.map(({ seen }) => seen), unwanted };
}

function specOf(
  allow: readonly Partial<FilterSpec>[],
  deny: readonly Partial<FilterSpec>[] = [],
): StreamSpec {
  const whole = (filter: Partial<FilterSpec>) => ({ ...emptyFilter, ...filter });
  return { allow: allow.map(whole), deny: deny.map(whole) };
}

async function unwantedOf({ sensors }: RunningPipeline): Promise<number> {
  const hooks = sensors.status().flatMap(({ hooks }) => hooks);
  return hooks.reduce((sum, { unwanted }) => sum + toNumber(unwanted), 0);
}

for (const seed of [2, 3]) {
  test(`streams, plugins and policies that come and go get the same with pushdown as without (${seed})`, async (t) => {
    const without = await play(t, seed, false);
    const with_ = await play(t, seed, true);
    assert.deepEqual(with_.seen, without.seen);
    assert.equal(without.unwanted, 0);
    assert.ok(with_.unwanted > 10, `${with_.unwanted} calls were left out`);
    assert.ok(without.seen.flat().filter((text) => /moves|masks/.test(text)).length > 20);
  });
}
