import assert from "node:assert/strict";
import { test } from "node:test";
import { type Event, EventType, type FindingEvent } from "../../../host/events/model.js";
import { PluginChain } from "../../../host/plugins/chain.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { Scene } from "./events.js";
import { activate, chainOf, compilePlugin, remove } from "./testPlugin.js";

/** Drops execs, and tells of each program every five seconds how often it ran. */
const counter = `
  import { Event, Held, hold, StateReader, StateWriter, Verdict } from "guidestar";
  class Group { constructor(public first: Held, public count: u64) {} }
  let groups = new Map<string, Group>();
  export function onEvent(event: Event): Verdict {
    const name = event.process.binary.toString();
    if (name == "/bin/crash") throw new Error("as told");
    if (groups.has(name)) groups.get(name).count++;
    else groups.set(name, new Group(hold()!, 1));
    return Verdict.Drop;
  }
  export function onTick(isLast: bool): void {
    const names = groups.keys();
    for (let n = 0; n < names.length; n++) {
      const group = groups.get(names[n]);
      group.first.emit(group.count).with("last", isLast).with("program", names[n]);
    }
    groups.clear();
  }
  export function onSave(state: StateWriter): void {
    const names = groups.keys();
    for (let n = 0; n < names.length; n++) {
      const group = groups.get(names[n]);
      state.text(names[n]);
      state.number(group.count);
      state.held(group.first);
    }
  }
  export function onLoad(state: StateReader): void {
    while (state.hasMore) {
      const name = state.text();
      const count = state.number();
      groups.set(name, new Group(state.held(), count));
    }
  }`;
const marker = `
  import { annotate, Event, Verdict } from "guidestar";
  export function onEvent(event: Event): Verdict {
    annotate("saw", event.process.binary);
    return event.process.binary.equals("/bin/hidden") ? Verdict.Drop : Verdict.Keep;
  }`;

function told(events: readonly Event[]) {
  return events.map(({ sequence, aggregated, annotations }) => ({
    sequence,
    aggregated,
    annotations: Object.fromEntries(annotations ?? []),
  }));
}

test("a plugin drops many events and emits one for all, which the plugins behind see", async () => {
  let nowMs = 1_000_000;
  const chain = await chainOf(
    [
      await compilePlugin(counter, { name: "counter", tickMs: 5000 }),
      await compilePlugin(marker, { name: "marker" }),
    ],
    { nowMs: () => nowMs },
  );
  const scene = new Scene();
  const [sh, as, hidden] = ["/bin/sh", "/bin/as", "/bin/hidden"].map((path) => scene.process(path));
  assert.ok(sh && as && hidden);
  assert.deepEqual(chain.run([scene.exec(sh), scene.exec(as), scene.exec(sh)]), []);
  assert.deepEqual(chain.run([scene.exec(sh), scene.exec(hidden)]), []);
  nowMs += 4999;
  chain.tick();
  assert.deepEqual(chain.takeMade(), []);
  nowMs += 1;
  chain.tick();
  const made = chain.takeMade();
  const by = (program: string) => ({
    "guidestar.emitted-by": "counter",
    "counter.last": "false",
    "counter.program": program,
    "marker.saw": program,
  });
  assert.deepEqual(told(made), [
    { sequence: 1, aggregated: 3, annotations: by("/bin/sh") },
    { sequence: 2, aggregated: 1, annotations: by("/bin/as") },
  ]);
  assert.equal(made[0]?.timeNs, 1_800_000_000_000_000_001n);
  assert.deepEqual(chain.takeMade(), []);
  const [first, second] = chain.list();
  assert.deepEqual([first?.counts.dropped, first?.counts.emitted], [5, 3]);
  assert.deepEqual([second?.counts.seen, second?.counts.dropped], [3, 1]);
});

test("what a plugin aggregates is sent when it is removed, and when there are no more events", async () => {
  const bytes = await compilePlugin(counter, { name: "counter", tickMs: 5000 });
  const scene = new Scene();
  for (const end of [(c: PluginChain) => remove(c, "counter"), (c: PluginChain) => c.tick(true)]) {
    const chain = await chainOf([bytes], { nowMs: () => 0 });
    chain.run([scene.exec(scene.process("/bin/a")), scene.exec(scene.process("/bin/a"))]);
    await end(chain);
    const [made] = told(chain.takeMade());
    assert.equal(made?.aggregated, 2);
    assert.equal(made?.annotations["counter.last"], "true");
  }
});

test("the next version takes over state and held events; one that cannot lets the old one finish", async () => {
  const chain = new PluginChain({ nowMs: () => 0 });
  const lines: string[] = [];
  const logging = new PluginChain({ nowMs: () => 0, onLog: (_, __, line) => lines.push(line) });
  const version = async (source: string, n: number) =>
    prepareModule(await compilePlugin(source, { name: "counter", tickMs: 5000, version: `${n}` }));
  const scene = new Scene();
  for (const each of [chain, logging]) {
    await activate(each, await version(counter, 1));
    each.run([scene.exec(scene.process("/bin/a")), scene.exec(scene.process("/bin/b"))]);
  }
  await activate(chain, await version(counter, 2), 3);
  assert.deepEqual(chain.takeMade(), []);
  chain.run([scene.exec(scene.process("/bin/a"))]);
  chain.tick(true);
  assert.deepEqual(
    told(chain.takeMade()).map(({ aggregated }) => aggregated),
    [2, 1],
  );

  const broken = counter.replace("= state.number();", "= state.number() + state.number();");
  await activate(logging, await version(broken, 3), 3);
  assert.deepEqual(
    told(logging.takeMade()).map(({ aggregated }) => aggregated),
    [1, 1],
  );
  assert.match(
    lines[0] ?? "",
    /^starts without state: the handover aborted: the state names no held event/,
  );
});

test("held events of a plugin that fails go to the stream, unjudged", async () => {
  const bytes = await compilePlugin(counter, { name: "counter", tickMs: 5000 });
  const chain = await chainOf([bytes], { nowMs: () => 0 });
  const scene = new Scene();
  chain.run([scene.exec(scene.process("/bin/a")), scene.exec(scene.process("/bin/a"))]);
  const [crash] = chain.run([scene.exec(scene.process("/bin/crash"))]);
  assert.equal(crash?.annotations?.get("guidestar.unjudged"), "counter");
  assert.deepEqual(told(chain.takeMade()), [
    { sequence: 1, aggregated: undefined, annotations: { "guidestar.unjudged": "counter" } },
  ]);
});

test("findings name the process, and plugins behind do not see them", async () => {
  const chain = await chainOf([
    await compilePlugin(
      `import { Event, hold, raise, Severity, Verdict } from "guidestar";
       export function onEvent(event: Event): Verdict {
         raise(Severity.High, "odd-shell", "a shell: " + event.process.binary.toString())
           .with("pid", event.process.pid).with("path", event.process.binary);
         const held = hold()!;
         held.raise(Severity.Info, "again", "");
         held.release();
         return Verdict.Drop;
       }`,
      { name: "finder" },
    ),
    await compilePlugin(marker, { name: "marker" }),
  ]);
  const scene = new Scene();
  const process = scene.process("/bin/sh", scene.process("/sbin/init"));
  assert.deepEqual(chain.run([scene.exit(process)]), []);
  const made = chain.takeMade() as FindingEvent[];
  const [version] = chain.list().map((plugin) => plugin.version);
  const common = {
    type: EventType.FINDING,
    sequence: 1,
    timeNs: 1_800_000_000_000_000_001n,
    process,
    parent: process.parent,
    annotations: undefined,
    plugin: "finder",
    pluginVersion: version,
    eventType: EventType.EXIT,
  };
  assert.deepEqual(made, [
    {
      ...{ ...common, name: "odd-shell", severity: 4, message: "a shell: /bin/sh" },
      attributes: new Map([
        ["pid", `${process.pid}`],
        ["path", "/bin/sh"],
      ]),
    },
    { ...common, name: "again", severity: 1, message: "", attributes: undefined },
  ]);
  assert.deepEqual(
    chain.list().map(({ counts }) => [counts.seen, counts.findings]),
    [
      [1, 2],
      [0, 0],
    ],
  );
});

test("a plugin fills fields that nobody else could, and no others", async () => {
  const source = (name: string) => `
    import { Event, Field, fill, Verdict } from "guidestar";
    export function onEvent(event: Event): Verdict {
      fill(Field.PodNamespace, "${name}");
      fill(Field.PodName, "web-1");
      fill(Field.ImageName, "nginx:1");
      fill(Field.PodLabel, "app=web");
      fill(Field.DestinationName, "db.${name}");
      return Verdict.Keep;
    }`;
  const chain = await chainOf([
    await compilePlugin(source("first"), { name: "first" }),
    await compilePlugin(source("second"), { name: "second" }),
  ]);
  const scene = new Scene();
  const bare = scene.process("/bin/a", undefined, { docker: "0123" });
  const known = {
    ...scene.process("/bin/b"),
    pod: { namespace: "core", name: "", maybeExecProbe: false },
  };
  const [one, two] = chain.run([scene.exec(bare), scene.exec(known)]);
  assert.deepEqual(one?.process.pod, {
    namespace: "first",
    name: "web-1",
    labels: ["app=web"],
    container: { id: "0123", name: "", image: { id: "", name: "nginx:1" }, startTimeNs: 0n },
    maybeExecProbe: false,
  });
  assert.deepEqual(one?.destinationNames, ["db.first", "db.second"]);
  assert.equal(two?.process.pod?.namespace, "core");
});

test("what the host keeps outlives versions, and a call that fails has kept nothing", async () => {
  const source = `
    import { annotate, Event, kv, Verdict } from "guidestar";
    export function onEvent(event: Event): Verdict {
      kv.setNumber("count", kv.getNumber("count") + 1);
      if (event.process.binary.equals("/crash")) throw new Error("as told");
      annotate("count", kv.getNumber("count"));
      annotate("missing", kv.get("missing") === null);
      kv.set("gone", "é");
      annotate("kept", kv.get("gone")!);
      annotate("removed", kv.remove("gone") && !kv.remove("gone"));
      return Verdict.Keep;
    }`;
  const chain = new PluginChain();
  const use = async (version: string) =>
    activate(chain, prepareModule(await compilePlugin(source, { version })));
  const scene = new Scene();
  const count = (path: string) =>
    chain.run([scene.exec(scene.process(path))])[0]?.annotations?.get("probe.count");
  await use("1");
  assert.equal(count("/a"), "1");
  assert.equal(count("/crash"), undefined);
  assert.equal(count("/a"), "2");
  await use("2");
  const [event] = chain.run([scene.exec(scene.process("/a"))]);
  assert.deepEqual(Object.fromEntries(event?.annotations ?? []), {
    "probe.count": "3",
    "probe.missing": "true",
    "probe.kept": "é",
    "probe.removed": "true",
  });
  await remove(chain, "probe");
  await use("3");
  assert.equal(count("/a"), "1");
});

test("the clock is that of the host, and stands still in a call", async () => {
  const chain = await chainOf(
    [
      await compilePlugin(`
        import { annotate, Event, isoTime, now, Verdict } from "guidestar";
        const start = now();
        export function onEvent(event: Event): Verdict {
          annotate("start", start);
          annotate("now", now());
          annotate("iso", isoTime(now()));
          return Verdict.Keep;
        }`),
    ],
    { nowMs: () => 1_700_000_000_123 },
  );
  const scene = new Scene();
  const [event] = chain.run([scene.exec(scene.process("/a"))]);
  assert.deepEqual(Object.fromEntries(event?.annotations ?? []), {
    "probe.start": "1700000000123000000",
    "probe.now": "1700000000123000000",
    "probe.iso": "2023-11-14T22:13:20.123Z",
  });
});
