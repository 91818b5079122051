import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Event, EventType } from "../../../host/events/model.js";
import { compileJob, Scene } from "../../host/plugins/events.js";
import { chainOf, compilePlugin } from "../../host/plugins/testPlugin.js";

/** The annotations of an event as an object, without the plugin's name. */
function said(event: Event | undefined): Record<string, string> {
  const entries = [...(event?.annotations ?? [])];
  return Object.fromEntries(entries.map(([key, value]) => [key.replace(/^probe\./, ""), value]));
}

test("texts compare, search and cut as strings do, whatever is in them", async () => {
  // The subject is the binary, what it is compared with are the arguments.
  const chain = await chainOf([
    await compilePlugin(`
      import { annotate, Event, Verdict } from "guidestar";
      export function onEvent(event: Event): Verdict {
        const subject = event.process.binary;
        const other = event.process.arguments.toString();
        annotate("equals", subject.equals(other));
        annotate("equalsText", subject.equalsText(event.process.arguments));
        annotate("startsWith", subject.startsWith(other));
        annotate("endsWith", subject.endsWith(other));
        annotate("contains", subject.contains(other));
        annotate("indexOf", subject.indexOf(other));
        annotate("indexOf-2", subject.indexOf(other, 2));
        annotate("basename", subject.basename);
        annotate("length", subject.length);
        annotate("isEmpty", subject.isEmpty);
        annotate("slice", subject.slice(subject.indexOf("/") + 1));
        annotate("copy", subject.toString() + "!");
        annotate("byte", subject.byteAt(1));
        return Verdict.Keep;
      }`),
  ]);
  const characters = ["/", "a", "b", "ab", "é", "€", "😀", "\u07ff", "\uffff", "\u0000"];
  const text = fc
    .array(fc.constantFrom(...characters), { maxLength: 8 })
    .map((parts) => parts.join(""));
  const pair = fc.oneof(
    fc.tuple(text, text),
    fc.tuple(text, text, text).map(([a, b, c]) => [a + b + c, b] as const),
    fc.tuple(text, text).map(([a, b]) => [a + b, a] as const),
    fc.tuple(text, text).map(([a, b]) => [a + b, b] as const),
    text.map((a) => [a, a] as const),
  );
  fc.assert(
    fc.property(fc.array(pair, { minLength: 1, maxLength: 50 }), (pairs) => {
      const scene = new Scene();
      const events: Event[] = pairs.map(([subject, other]) =>
        scene.exec(scene.process(subject, undefined, { arguments: other })),
      );
      chain.run(events);
      for (const [n, [subject, other]] of pairs.entries()) {
        const bytes = Buffer.from(subject);
        const slash = bytes.indexOf("/");
        assert.deepEqual(said(events[n]), {
          equals: `${subject === other}`,
          equalsText: `${subject === other}`,
          startsWith: `${subject.startsWith(other)}`,
          endsWith: `${subject.endsWith(other)}`,
          contains: `${subject.includes(other)}`,
          indexOf: `${bytes.indexOf(other)}`,
          "indexOf-2": `${bytes.length < 2 ? -1 : bytes.indexOf(other, 2)}`,
          basename: subject.slice(subject.lastIndexOf("/") + 1),
          length: `${bytes.length}`,
          isEmpty: `${subject === ""}`,
          slice: bytes.subarray(slash + 1).toString(),
          copy: `${subject}!`,
          byte: `${bytes[1] ?? 0}`,
        });
      }
    }),
    { numRuns: 60 },
  );
  assert.equal(chain.list()[0]?.counts.failed, 0);
});

test("a plugin reads every field of events and processes", async () => {
  const chain = await chainOf([
    await compilePlugin(`
      import { annotate, Capability, Event, EventType, Verdict } from "guidestar";
      export function onEvent(event: Event): Verdict {
        const process = event.process;
        if (event.type == EventType.Exit) {
          annotate("exit", event.exit.status.toString() + " " + event.exit.signal.toString());
          annotate("same", process.isSame(event.process) && !process.isSame(event.parent));
          return Verdict.Keep;
        }
        annotate("event", event.sequence.toString() + " " + event.timeNs.toString());
        annotate("ids", process.execId.toString() + " " + process.pid.toString());
        annotate("times", process.keyNs.toString() + " " + process.startTimeNs.toString());
        annotate("users", process.uid.toString() + " " + process.auid.toString());
        annotate("known", process.hasUid.toString() + " " + process.hasAuid.toString());
        annotate("where", process.cwd.toString() + " " + process.flags.toString());
        annotate("container", process.docker);
        annotate("cgroup", process.cgroupId.toString() + " " + process.cgroupName.toString());
        const capabilities = process.capabilities;
        if (capabilities) {
          annotate("sets", capabilities.permitted.toString() + " "
            + capabilities.effective.toString() + " " + capabilities.inheritable.toString());
          annotate("admin", capabilities.has(Capability.SysAdmin));
        }
        const ns = process.namespaces;
        if (ns) {
          annotate("ns", [ns.uts, ns.ipc, ns.mnt, ns.pid, ns.pidForChildren, ns.net, ns.time,
            ns.timeForChildren, ns.cgroup, ns.user].join(" "));
        }
        const parent = event.parent;
        annotate("parent", parent ? parent.binary.toString() : "none");
        const grandparent = parent ? parent.parent : null;
        annotate("grandparent", grandparent ? grandparent.binary.toString() : "none");
        annotate("cut", process.binaryCut.toString() + process.argumentsCut.toString()
          + process.cwdCut.toString() + process.ancestorsCut.toString());
        return Verdict.Keep;
      }`),
  ]);
  const scene = new Scene();
  const top = scene.process("/top", undefined, {
    uid: undefined,
    auid: undefined,
    capabilities: undefined,
    namespaces: undefined,
  });
  const middle = scene.process("/middle", top);
  const process = scene.process("/it", middle, {
    pid: 4_000_000_000,
    execId: "abc",
    keyNs: 18_446_744_073_709_551_615n,
    startTimeNs: 9n,
    uid: 1,
    auid: 4294967295,
    arguments: "x".repeat(20_000),
    cwd: "/home",
    flags: "execve",
    docker: "0123456789abcdef0123456789abcde",
    cgroupId: 77n,
    cgroupName: "app",
    capabilities: { permitted: 3n << 20n, effective: 1n << 21n, inheritable: 1n << 40n },
    namespaces: [1, 2, 3, 4, 5, 6, 7, 8, 9, 4026531837],
  });
  const events = [scene.exec(process), scene.exec(top), scene.exit(process, 9, "SIGKILL")];
  chain.run(events);
  assert.deepEqual(said(events[0]), {
    event: "1 1800000000000000001",
    ids: "abc 4000000000",
    times: "18446744073709551615 9",
    users: "1 4294967295",
    known: "true true",
    where: "/home execve",
    container: "0123456789abcdef0123456789abcde",
    cgroup: "77 app",
    sets: "3145728 2097152 1099511627776",
    admin: "true",
    ns: "1 2 3 4 5 6 7 8 9 4026531837",
    parent: "/middle",
    grandparent: "/top",
    cut: "falsetruefalsefalse",
  });
  const { known, users, sets, ns, parent } = said(events[1]);
  assert.deepEqual(
    { known, users, sets, ns, parent },
    {
      known: "false false",
      users: "4294967295 4294967295",
      sets: undefined,
      ns: undefined,
      parent: "none",
    },
  );
  assert.deepEqual(said(events[2]), { exit: "9 SIGKILL", same: "true" });
});

test("a text set has what it was made of and nothing else", async () => {
  const words = ["", "a", "b", "ab", "ba", "é", "😀", "bash", "dash", "sh", "nginx"];
  const chain = await chainOf([
    await compilePlugin(`
      import { annotate, Event, TextSet, Verdict } from "guidestar";
      const WORDS = new TextSet(${JSON.stringify(words)});
      const NONE = new TextSet([]);
      export function onEvent(event: Event): Verdict {
        const binary = event.process.binary;
        annotate("index", WORDS.indexOf(binary));
        return WORDS.has(binary) && !NONE.has(binary) ? Verdict.Drop : Verdict.Keep;
      }`),
  ]);
  const others = ["c", "aa", "abc", "e", "bas", "bashh", "\u0000", "nginx ", "sh\u0000"];
  const scene = new Scene();
  const events = [...words, ...others].map((word) => scene.exec(scene.process(word)));
  const kept = chain.run(events);
  assert.deepEqual(
    kept.map((event) => event.process.binary),
    others,
  );
  assert.ok(kept.every((event) => said(event).index === "-1"));
});

test("a plugin that makes garbage at every event and keeps state runs for ever in bounded memory", async () => {
  const chain = await chainOf([
    await compilePlugin(`
      import { annotate, Event, Verdict } from "guidestar";
      const counts = new Map<string, i32>();
      export function onEvent(event: Event): Verdict {
        const name = event.process.binary.basename.toString();
        counts.set(name, (counts.has(name) ? counts.get(name) : 0) + 1);
        // Some garbage: about a kilobyte.
        const parts = new Array<string>();
        for (let i = 0; i < 8; i++) parts.push(name + i.toString() + event.process.binary.slice(i).toString());
        if (parts.join("").length == 0) return Verdict.Drop;
        if (event.isExit) {
          annotate("pages", memory.size());
          annotate("count", counts.get(name));
        }
        return Verdict.Keep;
      }`),
  ]);
  const scene = new Scene();
  let exits = 0;
  let pages = "";
  for (let round = 0; round < 100; round++) {
    const events: Event[] = [];
    for (let n = 0; n < 1000; n++) {
      const process = scene.process(`/usr/bin/tool-${n % 50}`);
      events.push(scene.exec(process), scene.exit(process));
    }
    chain.run(events);
    exits += 1000;
    const last = said(events[1999]);
    assert.equal(last.count, `${(exits / 50) * 2}`);
    if (round === 10) pages = last.pages ?? "";
    if (round > 10) assert.equal(last.pages, pages);
  }
  assert.ok(Number(pages) < 40, `${pages} pages`);
  const [plugin] = chain.list();
  assert.deepEqual([plugin?.counts.seen, plugin?.counts.failed], [200_000, 0]);
});

test("numbers, booleans and texts are annotated as they print, and the last of a key counts", async () => {
  const chain = await chainOf([
    await compilePlugin(`
      import { annotate, Event, Verdict } from "guidestar";
      export function onEvent(event: Event): Verdict {
        annotate("i8", <i8>-3);
        annotate("u64", u64.MAX_VALUE);
        annotate("f64", 1.5);
        annotate("bool", event.isExec);
        annotate("empty", "");
        annotate("utf", "é€😀" + String.fromCharCode(0xd800));
        annotate("twice", "first");
        annotate("twice", "second");
        return Verdict.Keep;
      }`),
  ]);
  const scene = new Scene();
  const [event] = chain.run([scene.exec(scene.process("/a"))]);
  assert.deepEqual(said(event), {
    i8: "-3",
    u64: "18446744073709551615",
    f64: "1.5",
    bool: "true",
    empty: "",
    utf: "é€😀\ufffd",
    twice: "second",
  });
});

test("logs and aborts reach the host with message, file, line and column", async () => {
  const lines: string[] = [];
  const chain = await chainOf(
    [
      await compilePlugin(`import { Event, log, Verdict } from "guidestar";
export function onEvent(event: Event): Verdict {
  if (event.process.pid == 101) throw new Error("pid 101, how odd: é");
  log.info("pid " + event.process.pid.toString());
  log.warning("careful €");
  log.error("");
  return event.process.pid == 102 && event.exit.status == 0 ? Verdict.Drop : Verdict.Keep;
}`),
    ],
    { onLog: (plugin, level, line) => lines.push(`${plugin} ${level} ${line}`) },
  );
  const scene = new Scene();
  for (let n = 0; n < 3; n++) chain.run([scene.exec(scene.process("/a"))]);
  const places = lines.map((line) => line.replace(/(~lib\S+:)\d+:\d+/, "$1LINE"));
  assert.deepEqual(places, [
    "probe info pid 100",
    "probe warning careful €",
    "probe error ",
    "probe error failed on a batch of 1 events: aborted: pid 101, how odd: é (index.ts:3:33)",
    "probe error fails on each of these alone: event 2",
    "probe info pid 102",
    "probe warning careful €",
    "probe error ",
    "probe error failed on a batch of 1 events: aborted: event.exit: this is not an exit event (~lib/sdk/event.ts:LINE)",
    "probe error fails on each of these alone: event 3",
  ]);
  assert.equal(chain.list()[0]?.counts.failed, 2);
});

test("a plugin that annotates more than there is room for fails with that reason", async () => {
  const lines: string[] = [];
  const chain = await chainOf(
    [
      await compilePlugin(`
        import { annotate, Event, Verdict } from "guidestar";
        export function onEvent(event: Event): Verdict {
          annotate("much", event.process.arguments.slice(0, 4096));
          return Verdict.Keep;
        }`),
    ],
    { onLog: (_, __, line) => lines.push(line) },
  );
  const scene = new Scene();
  const process = scene.process("/a", undefined, { arguments: "x".repeat(10_000) });
  const few = chain.run([scene.exec(process), scene.exec(process)]);
  assert.equal(said(few[0]).much?.length, 4096);
  const many = Array.from({ length: 100 }, () => scene.exec(process));
  assert.equal(chain.run(many).length, 100);
  assert.match(lines[0] ?? "", /aborted: the output area of this batch is full/);
});

test("the fuel of a batch depends on the batch alone", async () => {
  const bytes = await compilePlugin(`
    import { annotate, Event, Verdict } from "guidestar";
    export function onEvent(event: Event): Verdict {
      if (event.process.arguments.contains("file7")) annotate("seven", event.process.pid);
      return event.process.binary.endsWith("/as") ? Verdict.Drop : Verdict.Keep;
    }`);
  const fuel = async () => {
    const chain = await chainOf([bytes]);
    const events = compileJob(new Scene(), 20);
    const burnt: number[] = [];
    for (let n = 0; n < 3; n++) {
      const before = chain.list()[0]?.counts.fuel ?? 0;
      chain.run(events);
      burnt.push((chain.list()[0]?.counts.fuel ?? 0) - before);
    }
    return burnt;
  };
  const [first, second, third] = await fuel();
  assert.deepEqual(await fuel(), [first, second, third]);
  assert.equal(second, third);
  assert.ok((second ?? 0) > 1000);
});

test("events keep their kinds: a plugin that asked for exits sees no execs", async () => {
  const bytes = await compilePlugin(
    `import { Event, Verdict } from "guidestar";
     export function onEvent(event: Event): Verdict { return Verdict.Drop; }`,
    { events: ["exit"] },
  );
  const chain = await chainOf([bytes]);
  const kept = chain.run(compileJob(new Scene(), 5));
  assert.equal(kept.length, 15);
  assert.ok(kept.every((event) => event.type === EventType.EXEC));
  assert.equal(chain.list()[0]?.counts.seen, 15);
});
