import assert from "node:assert/strict";
import { test } from "node:test";
import { type Event, EventType } from "../../../host/events/model.js";
import { PluginChain } from "../../../host/plugins/chain.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { compileJob, Scene } from "./events.js";
import { activate, compilePlugin, remove } from "./testPlugin.js";

/** Drops programs of one name, and annotates how it calls itself. */
function dropper(name: string, label: string): Promise<Uint8Array> {
  return compilePlugin(
    `import { annotate, Event, Verdict } from "guidestar";
     export function onEvent(event: Event): Verdict {
       annotate("by", "${label}");
       return event.process.binary.basename.equals("${name}") ? Verdict.Drop : Verdict.Keep;
     }`,
    { name: "dropper", version: label },
  );
}

test("a chain without plugins hands back what it got", () => {
  const chain = new PluginChain();
  const events = compileJob(new Scene(), 3);
  assert.equal(chain.run(events), events);
  assert.ok(chain.isEmpty);
});

test("each plugin sees what those before it kept, and every event is counted", async () => {
  const bytes = await dropper("as", "1");
  const chain = new PluginChain();
  for (const name of ["first", "second"]) {
    await activate(chain, prepareModule(bytes, name));
  }
  const other = await dropper("sh", "1");
  await activate(chain, prepareModule(other, "third"));
  const events = compileJob(new Scene(), 1000);
  const kept = chain.run(events);
  assert.deepEqual(
    kept,
    events.filter((event) => event.process.binary === "/usr/bin/gcc"),
  );
  assert.deepEqual(
    [...(kept[0]?.annotations ?? [])],
    [
      ["first.by", "1"],
      ["second.by", "1"],
      ["third.by", "1"],
    ],
  );
  const counts = chain.list().map(({ name, counts: c }) => ({
    ...{ name, seen: c.seen, kept: c.kept },
    ...{ dropped: c.dropped, annotated: c.annotated, failed: c.failed },
  }));
  assert.deepEqual(counts, [
    { name: "first", seen: 6000, kept: 4000, dropped: 2000, annotated: 4000, failed: 0 },
    { name: "second", seen: 4000, kept: 4000, dropped: 0, annotated: 4000, failed: 0 },
    { name: "third", seen: 4000, kept: 2000, dropped: 2000, annotated: 2000, failed: 0 },
  ]);
  for (const { counts: c } of chain.list()) assert.ok(c.timeNs > 0 && c.fuel > 0);
});

test("when everything was dropped the plugins behind are not asked", async () => {
  const chain = new PluginChain();
  await activate(chain, prepareModule(await dropper("sh", "1"), "a"));
  await activate(chain, prepareModule(await dropper("x", "1"), "b"));
  const scene = new Scene();
  const kept = chain.run([scene.exec(scene.process("/bin/sh"))]);
  assert.deepEqual(kept, []);
  assert.deepEqual(
    chain.list().map((p) => p.counts.seen),
    [1, 0],
  );
});

test("a new version takes the place of the old one, and every event is seen by exactly one", async () => {
  const versions = [await dropper("as", "1"), await dropper("sh", "2")];
  const chain = new PluginChain({ nowMs: () => 1234 });
  const last = prepareModule(await dropper("none", "x"), "last");
  const scene = new Scene();
  const seenBy = new Map<string, number>();
  let seen = 0;
  for (let n = 0; n < 40; n++) {
    const prepared = prepareModule(versions[n % 2] as Uint8Array);
    const firstSequence = 1 + n * 60;
    const { active, replaced } = await activate(chain, prepared, firstSequence);
    if (n === 0) await activate(chain, last);
    assert.equal(active.firstSequence, firstSequence);
    assert.equal(active.uploadedMs, 1234);
    assert.equal(active.manifestVersion, `${1 + (n % 2)}`);
    assert.equal(replaced?.manifestVersion, n === 0 ? undefined : `${1 + ((n + 1) % 2)}`);
    seen += replaced?.counts.seen ?? 0;
    assert.deepEqual(
      chain.list().map((p) => p.name),
      ["dropper", "last"],
    );
    for (const event of chain.run(compileJob(scene, 10))) {
      const by = event.annotations?.get("dropper.by") ?? "";
      seenBy.set(by, (seenBy.get(by) ?? 0) + 1);
      const dropped = by === "1" ? "/usr/bin/as" : "/bin/sh";
      assert.notEqual(event.process.binary, dropped);
    }
  }
  const removed = await remove(chain, "dropper");
  seen += removed?.counts.seen ?? 0;
  assert.equal(seen, 40 * 60);
  assert.deepEqual(
    [...seenBy],
    [
      ["1", 20 * 40],
      ["2", 20 * 40],
    ],
  );
  assert.equal(await remove(chain, "dropper"), undefined);
  assert.deepEqual(
    chain.list().map((p) => p.name),
    ["last"],
  );
});

test("what list and remove return does not change afterwards", async () => {
  const chain = new PluginChain();
  await activate(chain, prepareModule(await dropper("as", "1")));
  const [before] = chain.list();
  chain.run(compileJob(new Scene(), 1));
  assert.equal(before?.counts.seen, 0);
  assert.equal(chain.list()[0]?.counts.seen, 6);
});

test("events of long lines of ancestors and long arguments pass in order, whatever the batches", async () => {
  const chain = new PluginChain();
  const bytes = await compilePlugin(`
    import { Event, Verdict } from "guidestar";
    export function onEvent(event: Event): Verdict {
      return event.sequence % 3 == 0 ? Verdict.Drop : Verdict.Keep;
    }`);
  await activate(chain, prepareModule(bytes));
  const scene = new Scene();
  const events: Event[] = [];
  let process = scene.process("/bin/0");
  for (let n = 1; n < 3000; n++) {
    process = scene.process(`/bin/${n}`, n % 100 ? process : undefined, {
      arguments: "y".repeat(n % 7 === 0 ? 2 * 1024 * 1024 : n),
    });
    events.push(n % 2 ? scene.exec(process) : scene.exit(process));
  }
  const kept = chain.run(events);
  assert.deepEqual(
    kept.map((event) => event.sequence),
    events.map((event) => event.sequence).filter((sequence) => sequence % 3 !== 0),
  );
  assert.equal(chain.list()[0]?.counts.failed, 0);
});

test("an event that no plugin asked for passes untouched", async () => {
  const bytes = await compilePlugin(
    `import { Event, Verdict } from "guidestar";
     export function onEvent(event: Event): Verdict { return Verdict.Drop; }`,
    { events: ["exit"] },
  );
  const chain = new PluginChain();
  await activate(chain, prepareModule(bytes));
  const scene = new Scene();
  const execs = [1, 2, 3].map(() => scene.exec(scene.process("/a")));
  assert.equal(chain.run(execs), execs);
  assert.equal(execs[0]?.type, EventType.EXEC);
  assert.equal(chain.list()[0]?.counts.seen, 0);
});
