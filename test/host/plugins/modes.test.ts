import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../../../host/events/model.js";
import { PluginChain, type PluginChainOptions } from "../../../host/plugins/chain.js";
import type { PluginMode, PluginSetup } from "../../../host/plugins/prepared.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { UNJUDGED } from "../../../host/plugins/slot.js";
import { compileJob, Scene } from "./events.js";
import { compilePlugin } from "./testPlugin.js";

let instances = 0;

/** Drops /drop, fails on /bad, annotates /note; `more` comes first. */
async function setupOf(version = "1", manifest: object = {}, more = ""): Promise<PluginSetup> {
  const bytes = await compilePlugin(
    `import { annotate, Event, Verdict } from "guidestar";
     export function onEvent(event: Event): Verdict {
       const binary = event.process.binary;
       ${more}
       if (binary.equals("/bad")) throw new Error("as told");
       if (binary.equals("/note")) annotate("by", "one");
       return binary.equals("/drop") ? Verdict.Drop : Verdict.Keep;
     }`,
    { version, ...manifest },
  );
  const plugin = prepareModule(bytes);
  const instance = ++instances;
  return { plugin, instance, mode: "enforce", settings: "", uploadedMs: 0 };
}

async function arranged(chain: PluginChain, setups: readonly PluginSetup[], first = 1) {
  return chain.arrange(await chain.loadAll(setups), first);
}

async function chainWith(setups: readonly PluginSetup[], options?: PluginChainOptions) {
  const chain = new PluginChain(options);
  await arranged(chain, setups);
  return chain;
}

function execs(scene: Scene, names: readonly string[]): Event[] {
  return names.map((name) => scene.exec(scene.process(name)));
}

const sequencesOf = (events: readonly Event[]) => events.map(({ sequence }) => sequence);

test("monitor: it is accounted as if it were in force, and changes nothing; disabled: it is not asked", async () => {
  const setup = await setupOf();
  const chain = await chainWith([setup]);
  const scene = new Scene();
  const run = () => chain.run(execs(scene, ["/drop", "/note", "/a"]));
  const inMode = async (mode: PluginMode) => {
    await arranged(chain, [{ ...setup, mode }]);
    const events = run();
    const counts = chain.list()[0]?.counts;
    return [
      events.length,
      events.some((event) => event.annotations),
      counts?.seen,
      counts?.dropped,
    ];
  };
  assert.deepEqual(await inMode("enforce"), [2, true, 3, 1]);
  assert.deepEqual(await inMode("monitor"), [3, false, 6, 2]);
  assert.deepEqual(await inMode("disabled"), [3, false, 6, 2]);
  assert.deepEqual(await inMode("enforce"), [2, true, 9, 3]);
});

test("a change of order or mode goes on with the same instance; a new number begins a fresh one", async () => {
  const counting = `count++; annotate("count", count.toString());`;
  const source = await compilePlugin(
    `import { annotate, Event, Verdict } from "guidestar";
     let count = 0;
     export function onEvent(event: Event): Verdict { ${counting} return Verdict.Keep; }`,
  );
  const setup: PluginSetup = {
    ...{ plugin: prepareModule(source, "a"), instance: 9001, mode: "enforce" },
    ...{ settings: "", uploadedMs: 0 },
  };
  const other = { ...setup, plugin: prepareModule(source, "b"), instance: 9002 };
  const chain = await chainWith([setup, other]);
  const scene = new Scene();
  const counts = () => {
    const [event] = chain.run(execs(scene, ["/a"]));
    return [...(event?.annotations ?? [])].map(([key, value]) => `${key}=${value}`);
  };
  assert.deepEqual(counts(), ["a.count=1", "b.count=1"]);
  await arranged(chain, [other, setup]);
  assert.deepEqual(counts(), ["b.count=2", "a.count=2"]);
  const { removed } = await arranged(chain, [other, { ...setup, instance: 9003 }], 7);
  assert.deepEqual(counts(), ["b.count=3", "a.count=1"]);
  assert.deepEqual(
    removed.map(({ name, counts: c }) => [name, c.seen]),
    [["a", 2]],
  );
  assert.deepEqual(
    chain.list().map(({ firstSequence }) => firstSequence),
    [1, 7],
  );
});

test("a shadow changes nothing, and the report names exactly the events on which the two differ", async () => {
  const active = await setupOf();
  const shadow = await setupOf(
    "2",
    {},
    `if (event.sequence % 100 == 7) return Verdict.Drop;
     if (event.sequence % 100 == 50) annotate("new", "yes");
     if (event.sequence == 333) throw new Error("as told");`,
  );
  const chain = await chainWith([
    { ...active, shadow: { plugin: shadow.plugin, instance: shadow.instance, settings: "" } },
  ]);
  const alone = await chainWith([await setupOf()]);
  const events = () => compileJob(new Scene(), 400);
  assert.deepEqual(chain.run(events()), alone.run(events()));
  const report = chain.list()[0]?.shadow;
  const expected = Array.from({ length: 2400 }, (_, n) => n + 1).filter(
    (n) => n % 100 === 7 || n % 100 === 50 || n === 333,
  );
  assert.deepEqual(
    report?.differences.map(({ sequence }) => sequence),
    expected,
  );
  assert.equal(report?.different, expected.length);
  assert.equal(report?.compared, 2400);
  const at = (sequence: number) => report?.differences.find((one) => one.sequence === sequence);
  const kept = { verdict: "keep", annotations: [] };
  assert.deepEqual(at(107), { sequence: 107, active: kept, shadow: { ...kept, verdict: "drop" } });
  assert.deepEqual(at(150)?.shadow, { verdict: "keep", annotations: ["new=yes"] });
  assert.deepEqual(at(333)?.shadow, { ...kept, verdict: "failed" });
  // Without it the active version goes on.
  await arranged(chain, [active]);
  chain.run(events());
  assert.equal(chain.list()[0]?.shadow, undefined);
  assert.equal(chain.list()[0]?.counts.seen, 4800);
});

test("two events that make a plugin fail are found among a thousand, and all others are judged", async () => {
  for (const failure of ["open", "closed"] as const) {
    const poisons: [number, string][] = [];
    const lines: string[] = [];
    const chain = await chainWith([await setupOf("1", { failure })], {
      onPoison: (_plugin, event, reason) => poisons.push([event.sequence, reason]),
      onLog: (_plugin, _level, line) => lines.push(line),
    });
    const names = Array.from({ length: 1000 }, (_, n) =>
      n === 123 || n === 888 ? "/bad" : n % 2 === 0 ? "/drop" : "/a",
    );
    const kept = chain.run(execs(new Scene(), names));
    assert.deepEqual(
      poisons.map(([sequence]) => sequence),
      [124, 889],
    );
    assert.match(poisons[0]?.[1] ?? "", /^aborted: as told \(.*index\.ts:\d+:\d+\)$/);
    assert.equal(lines.at(-1), "fails on each of these alone: event 124, 889");
    const flagged = kept.filter((event) => event.annotations?.has(UNJUDGED));
    assert.deepEqual(sequencesOf(flagged), failure === "open" ? [124, 889] : []);
    assert.equal(kept.length, failure === "open" ? 501 : 499);
    const { seen, dropped, failed, withheld } = chain.list()[0]?.counts ?? {};
    assert.deepEqual(
      { seen, dropped, failed, withheld },
      { seen: 1000, dropped: 499, failed: 2, withheld: failure === "open" ? 0 : 2 },
    );
  }
});

test("the search for poison is bounded: where all events are, the rest passes flagged, and it is quarantined", async () => {
  const chain = await chainWith([await setupOf()]);
  const names = Array.from({ length: 1000 }, () => "/bad");
  for (let n = 0; n < 3; n++) {
    const kept = chain.run(execs(new Scene(), names));
    assert.equal(kept.length, 1000);
    assert.ok(kept.every((event) => event.annotations?.get(UNJUDGED) === "probe"));
  }
  const [plugin] = chain.list();
  assert.match(plugin?.failure ?? "", /^failed 3 times within 60 s, the last time it aborted/);
  assert.equal(plugin?.counts.failed, 3000);
});

test("a quarantined plugin that fails closed lets nothing through that it wants to see", async () => {
  const chain = await chainWith([await setupOf("1", { failure: "closed", events: ["exec"] })]);
  const scene = new Scene();
  for (let n = 0; n < 3; n++) chain.run(execs(scene, ["/bad"]));
  assert.notEqual(chain.list()[0]?.failure, "");
  const process = scene.process("/a");
  const kept = chain.run([scene.exec(process), scene.exit(process)]);
  assert.deepEqual(
    kept.map(({ type }) => type),
    [7],
  );
  assert.equal(chain.list()[0]?.counts.withheld, 4);
});

test("an arrangement with a plugin that does not start is refused, and changes nothing; unless it may", async () => {
  const good = await setupOf();
  const chain = await chainWith([good]);
  const bad = await setupOf("2");
  const broken = {
    ...bad,
    plugin: { ...bad.plugin, name: "b", version: "0", code: Buffer.alloc(3) },
  };
  await assert.rejects(chain.loadAll([broken, good]));
  assert.deepEqual(
    chain.list().map(({ name }) => name),
    ["probe"],
  );
  const lenient = chain.arrange(await chain.loadAll([broken, good], true), 5);
  assert.match(lenient.plugins[0]?.failure ?? "", /^could not be started: /);
  const kept = chain.run(execs(new Scene(), ["/drop", "/a"]));
  assert.equal(kept.length, 1);
});

test("a shadow begins with what the active version knows: state, held events and kept values", async () => {
  const source = `
    import { annotate, Event, Held, hold, kv, StateReader, StateWriter, Verdict } from "guidestar";
    let count: u64 = 0;
    let held: Held | null = null;
    export function onEvent(event: Event): Verdict {
      count++;
      if (count == 1) held = hold();
      kv.setNumber("count", kv.getNumber("count") + 1);
      annotate("count", count);
      annotate("kept", kv.getNumber("count"));
      annotate("holds", held !== null);
      return Verdict.Keep;
    }
    export function onSave(state: StateWriter): void {
      state.number(count);
      const first = held;
      if (first) state.held(first);
    }
    export function onLoad(state: StateReader): void {
      count = state.number();
      if (state.hasMore) held = state.held();
      if (WRONG && count > 0) throw new Error("as told");
    }`;
  const lines: string[] = [];
  const prepared = async (version: string, wrong: string) =>
    prepareModule(await compilePlugin(source.replace("WRONG", wrong), { name: "one", version }));
  const plugin = await prepared("1", "false");
  const setup: PluginSetup = {
    ...{ plugin, instance: ++instances, mode: "enforce", settings: "", uploadedMs: 0 },
  };
  const chain = await chainWith([setup], { onLog: (_, __, line) => lines.push(line) });
  const scene = new Scene();
  chain.run(execs(scene, ["/a", "/b", "/c"]));
  const beside = async (version: string, wrong: string) => {
    const shadow = { plugin: await prepared(version, wrong), instance: ++instances, settings: "" };
    await arranged(chain, [{ ...setup, shadow }], 4);
    chain.run(execs(scene, ["/d", "/e"]));
    return chain.list()[0]?.shadow;
  };
  const same = await beside("2", "false");
  assert.deepEqual([same?.compared, same?.different, same?.differences], [2, 0, []]);
  assert.match(lines[0] ?? "", /^shadow: took over \d+ bytes of state$/);
  // One that cannot read it starts anew, and the active version goes on as if nothing were.
  const other = await beside("3", "true");
  assert.deepEqual([other?.compared, other?.different], [2, 2]);
  assert.match(lines[1] ?? "", /^shadow: starts without state: the handover aborted: as told/);
  const [event] = chain.run(execs(scene, ["/f"]));
  assert.equal(event?.annotations?.get("one.count"), "8");
  assert.equal(chain.list()[0]?.counts.failed, 0);
});
