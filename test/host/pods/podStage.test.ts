import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Event } from "../../../host/events/model.js";
import type { LookupAnswer } from "../../../host/pods/answer.js";
import { found, idOf, infoOf, newStage, processIn } from "./support.js";

const named = (container: string, binary: string, pid = 1000) =>
  processIn(container, { binary, pid });

test("an event of a new container waits for the answer, and those behind it in order", () => {
  const { stage, take, took, answer, asked } = newStage();
  take(named("a", "1"));
  take(named("a", "2", 1001));
  assert.deepEqual(took(), []);
  assert.deepEqual(asked, ["a"], "one question for one container");
  answer("a", found("a"));
  assert.deepEqual(took(), ["1 in pod-a", "2 in pod-a"]);
  take(named("a", "3"));
  assert.deepEqual(took(), ["3 in pod-a"]);
  const { hits, misses, lookups, held, heldTotal, known } = stage.counts();
  assert.deepEqual(
    { hits, misses, lookups, held, heldTotal, known },
    { hits: 1, misses: 1, lookups: 1, held: 0, heldTotal: 2, known: 1 },
  );
});

test("events of processes in no container pass while others wait", () => {
  const { take, took } = newStage();
  take(named("a", "waits"));
  take(named("", "host", 1));
  assert.deepEqual(took(), ["host"]);
});

test("a container that is slow to be known delays no other", () => {
  const { take, took, answer } = newStage();
  take(named("a", "1"));
  take(named("b", "2", 1001));
  answer("b", found("b"));
  assert.deepEqual(took(), ["2 in pod-b"]);
});

test("while there is no runtime nothing is asked and nothing waits", () => {
  const { stage, take, took, asked, out } = newStage();
  stage.setRuntime(false, out);
  take(named("a", "1"));
  assert.deepEqual([took(), asked], [["1"], []]);
  assert.equal(stage.counts().misses, 0);
  stage.setRuntime(true, out);
  take(named("a", "2"));
  assert.deepEqual([took(), asked], [[], ["a"]]);
});

test("when the last runtime goes, what waits goes too, counted", () => {
  const { stage, take, took, out } = newStage();
  take(named("a", "1"));
  stage.setRuntime(false, out);
  assert.deepEqual(took(), ["1"]);
  assert.equal(stage.counts().releasedLate, 1);
});

test("with no time to wait events go at once, and later ones with their pod", () => {
  const { stage, take, took, answer } = newStage({ waitMs: 0 });
  take(named("a", "1"));
  assert.deepEqual(took(), ["1"]);
  assert.equal(stage.nextTickMs, undefined);
  answer("a", found("a"));
  take(named("a", "2"));
  assert.deepEqual(took(), ["2 in pod-a"]);
});

test("without an answer events go when the time is up, and later ones at once", () => {
  const { stage, take, took, tick, answer } = newStage({ waitMs: 1000 });
  take(named("a", "1"), 0);
  take(named("a", "2"), 900);
  assert.equal(stage.nextTickMs, 1000);
  tick(999);
  assert.deepEqual(took(), []);
  tick(1000);
  assert.deepEqual(took(), ["1", "2"]);
  take(named("a", "3"), 1001);
  assert.deepEqual(took(), ["3"]);
  const { timeouts, releasedLate, held } = stage.counts();
  assert.deepEqual({ timeouts, releasedLate, held }, { timeouts: 1, releasedLate: 2, held: 0 });
  answer("a", found("a"), 3000);
  take(named("a", "4"), 3001);
  assert.deepEqual(took(), ["4 in pod-a"], "a late answer serves later events");
});

test("a process that was sent without its pod has it in its later events, encoded anew", () => {
  const { take, took, tick, answer } = newStage();
  const process = named("a", "1");
  take(process, 0);
  tick(1000);
  assert.deepEqual(took(), ["1"]);
  process.wire = new Uint8Array(1);
  answer("a", found("a"), 1500);
  take(process, 1600);
  assert.deepEqual(took(), ["1 in pod-a"]);
  assert.equal(process.wire, undefined);
});

test("a container that nobody knows yet is asked for again until the time is up", () => {
  const { stage, take, took, tick, answer, asked } = newStage({ waitMs: 1000 });
  take(named("a", "1"), 0);
  let now = 0;
  while (now < 1000) {
    if (stage.counts().held > 0 && asked.length > stage.counts().unknown)
      answer("a", { kind: "unknown" }, now);
    now = stage.nextTickMs ?? now;
    tick(now);
  }
  assert.deepEqual(took(), ["1"]);
  assert.ok(asked.length >= 3 && asked.length <= 10, `${asked.length} questions`);
  assert.equal(stage.counts().unknown, asked.length);
});

test("a container that a second question finds is told after the second", () => {
  const { stage, take, took, tick, answer, asked } = newStage();
  take(named("a", "1"), 0);
  answer("a", { kind: "unknown" }, 10);
  tick(stage.nextTickMs ?? -1);
  assert.equal(asked.length, 2);
  answer("a", found("a"), 50);
  assert.deepEqual(took(), ["1 in pod-a"]);
});

test("while a container is being started its events wait for its start time", () => {
  const { stage, take, took, tick, answer } = newStage();
  take(named("a", "1"), 0);
  const starting: LookupAnswer = {
    kind: "found",
    info: infoOf("a", { startTimeNs: 0n }),
    complete: false,
  };
  answer("a", starting, 5);
  assert.deepEqual(took(), []);
  tick(stage.nextTickMs ?? -1);
  answer("a", found("a", { startTimeNs: 9n }), 60);
  assert.deepEqual(took(), ["1 in pod-a"]);
});

test("a container whose start time never comes goes with what is known, and is no timeout", () => {
  const { stage, take, took, tick, answer } = newStage();
  take(named("a", "1"), 0);
  answer("a", { kind: "found", info: infoOf("a"), complete: false }, 5);
  tick(1000);
  assert.deepEqual(took(), ["1 in pod-a"]);
  const { timeouts, releasedLate } = stage.counts();
  assert.deepEqual({ timeouts, releasedLate }, { timeouts: 0, releasedLate: 0 });
});

/** When it was asked, if an event comes every 100 ms and all answers are the same. */
function askedAtMs(kind: "unknown" | "failed", untilMs: number): number[] {
  const { take, tick, answer, asked } = newStage({ unknownMs: 30_000, failedMs: 5000 });
  const times: number[] = [];
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 100) {
    take(named("a", "x"), nowMs);
    tick(nowMs);
    if (asked.length === times.length) continue;
    times.push(nowMs);
    answer("a", { kind }, nowMs);
  }
  return times.filter((ms) => ms > 1000);
}

test("what nobody knew is asked for again now and then, more and more seldom", () => {
  const times = askedAtMs("unknown", 200_000);
  const pauses = times.slice(1).map((ms, i) => ms - (times[i] as number));
  assert.ok((times[0] ?? 0) <= 2000, `first again at ${times[0]} ms`);
  assert.deepEqual(pauses.slice(-2), [30_000, 30_000]);
  assert.ok(times.length <= 14, `${times.length} questions`);
});

test("after failures it is asked for again sooner", () => {
  const times = askedAtMs("failed", 60_000);
  assert.equal((times.at(-1) as number) - (times.at(-2) as number), 5000);
});

test("when it is known at last, later events have the pod, and nothing ever waited again", () => {
  const { stage, take, took, tick, answer } = newStage();
  take(named("a", "1"), 0);
  answer("a", { kind: "unknown" }, 0);
  tick(1000);
  assert.deepEqual(took(), ["1"]);
  answer("a", { kind: "unknown" }, 1001);
  take(named("a", "2"), 40_000);
  assert.deepEqual(took(), ["2"]);
  answer("a", found("a"), 40_001);
  take(named("a", "3"), 40_002);
  assert.deepEqual(took(), ["3 in pod-a"]);
  assert.equal(stage.counts().failures, 0);
});

test("the pod of the parent is told too, and waited for", () => {
  const { take, took, answer, out } = newStage();
  const parent = named("a", "parent");
  take(processIn("", { binary: "child", pid: 1001, parent }));
  assert.deepEqual(took(), []);
  answer("a", found("a"));
  assert.equal(out[0]?.parent?.pod?.name, "pod-a");
  assert.deepEqual(took(), ["child"]);
});

test("an event between two containers waits for both, and what is behind it stays behind", () => {
  const { take, took, answer } = newStage();
  const first = named("a", "1", 1);
  take(first);
  take(named("b", "2", 2));
  take(processIn("b", { binary: "3", pid: 3, parent: first }));
  take(named("b", "4", 4));
  answer("b", found("b"));
  // 2 does not depend on 1, but the two queues are one now and the order of both is kept.
  assert.deepEqual(took(), []);
  take(named("b", "5", 5));
  assert.deepEqual(took(), [], "no overtaking by what is known by now");
  answer("a", found("a"));
  assert.deepEqual(took(), ["1 in pod-a", "2 in pod-b", "3 in pod-b", "4 in pod-b", "5 in pod-b"]);
});

test("a process that left the container overtakes none of its own events", () => {
  const { take, took, answer } = newStage();
  take(named("a", "inside", 7));
  take(named("", "outside", 7));
  take(named("", "another", 8));
  assert.deepEqual(took(), ["another"]);
  answer("a", found("a"));
  assert.deepEqual(took(), ["inside in pod-a", "outside"]);
  take(named("", "later", 7));
  assert.deepEqual(took(), ["later"]);
});

test("too many events: the longest queue goes without pods, counted, in order", () => {
  const { stage, take, took, answer } = newStage({ heldEvents: 4 });
  take(named("small", "s", 1));
  for (const binary of ["1", "2", "3"]) take(named("big", binary, 2));
  assert.deepEqual(took(), []);
  take(named("big", "4", 2));
  assert.deepEqual(took(), ["1", "2", "3", "4"]);
  take(named("big", "5", 2));
  assert.deepEqual(took(), ["5"], "it waits no longer");
  assert.equal(stage.counts().overflowed, 4);
  answer("small", found("small"));
  assert.deepEqual(took(), ["s in pod-small"]);
  answer("big", found("big"));
  take(named("big", "6", 2));
  assert.deepEqual(took(), ["6 in pod-big"]);
});

test("too many bytes: the same", () => {
  const { stage, take, took } = newStage({ heldBytes: 10_000 });
  const args = "x".repeat(3000);
  for (const pid of [1, 2, 3]) take(processIn("a", { binary: String(pid), pid, arguments: args }));
  assert.deepEqual(took(), ["1", "2", "3"]);
  assert.equal(stage.counts().overflowed, 3);
});

test("containers are bounded: an old one makes room, and if all are new their events go at once", () => {
  const { stage, take, took, answer } = newStage({ containers: 2 });
  take(named("a", "1"));
  answer("a", found("a"));
  take(named("b", "2", 2));
  take(named("c", "3", 3));
  assert.equal(stage.containers, 2);
  assert.deepEqual(took(), ["1 in pod-a"]);
  take(named("d", "4", 4));
  assert.deepEqual(took(), ["4"]);
  assert.equal(stage.counts().overflowed, 1);
});

test("a container is forgotten a while after its last process is gone", () => {
  const { stage, take, answer } = newStage({ goneMs: 30_000 });
  take(named("a", "1"), 0);
  answer("a", found("a"), 0);
  stage.sweep(new Set([idOf("a")]), 100_000);
  assert.equal(stage.containers, 1, "a process lives in it");
  stage.sweep(new Set(), 29_000);
  assert.equal(stage.containers, 1, "too early");
  stage.sweep(new Set(), 30_000);
  assert.equal(stage.containers, 0);
});

test("an answer that nobody asked for changes nothing", () => {
  const { stage, take, took, answer } = newStage();
  answer("a", found("a"));
  assert.equal(stage.containers, 0);
  take(named("a", "1"));
  answer("a", found("a"));
  answer("a", found("a", { podName: "liar" }));
  take(named("a", "2"));
  assert.deepEqual(took(), ["1 in pod-a", "2 in pod-a"]);
});

test("a process that runs a probe's command is told as one", () => {
  const { take, answer, out } = newStage();
  take(processIn("a", { binary: "/bin/curl", arguments: "-f localhost" }));
  take(processIn("a", { binary: "/bin/curl", arguments: "-f elsewhere", pid: 2 }));
  answer("a", found("a", { probes: [["curl", "-f", "localhost"]] }));
  assert.deepEqual(
    out.map(({ process }) => process.pod?.maybeExecProbe),
    [true, false],
  );
});

type Step =
  | {
      readonly kind: "event";
      readonly pid: number;
      readonly container: string;
      readonly parent: string;
    }
  | { readonly kind: "answer"; readonly container: string; readonly answer: string }
  | { readonly kind: "time"; readonly ms: number };

const container = fc.constantFrom("", "a", "b", "c");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("event" as const),
      pid: fc.integer({ min: 1, max: 4 }),
      container,
      parent: container,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("answer" as const),
      container: fc.constantFrom("a", "b", "c"),
      answer: fc.constantFrom("found", "unknown", "failed"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("time" as const),
      ms: fc.integer({ min: 0, max: 700 }),
    }),
  },
);

test("whatever happens: each event once, in order for each process, none held for longer than it may", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      (steps, most) => {
        const { stage, take, answer, tick, out } = newStage({ waitMs: 1000, heldEvents: most });
        const cameMs: number[] = [];
        const wentMs = new Map<Event, number>();
        let nowMs = 0;
        const note = () => {
          for (const event of out) if (!wentMs.has(event)) wentMs.set(event, nowMs);
          assert.ok(stage.held <= most);
        };
        for (const one of steps) {
          if (one.kind === "event") {
            const parent = one.parent ? processIn(one.parent, { pid: 99 }) : undefined;
            const binary = String(cameMs.push(nowMs) - 1);
            take(
              processIn(one.container, { pid: one.pid, binary, ...(parent && { parent }) }),
              nowMs,
            );
          } else if (one.kind === "answer") {
            answer(
              one.container,
              one.answer === "found" ? found(one.container) : { kind: one.answer as "failed" },
              nowMs,
            );
          } else {
            const untilMs = nowMs + one.ms;
            for (;;) {
              const next = stage.nextTickMs;
              if (next === undefined || next > untilMs) break;
              nowMs = Math.max(next, nowMs);
              tick(nowMs);
              note();
            }
            nowMs = untilMs;
          }
          note();
        }
        stage.releaseAll(out);
        note();
        assert.equal(stage.held, 0);
        assert.equal(out.length, cameMs.length);
        const last = new Map<number, number>();
        for (const event of out) {
          const number = Number(event.process.binary);
          assert.ok(number > (last.get(event.process.pid) ?? -1), "order of a process");
          last.set(event.process.pid, number);
          assert.ok((wentMs.get(event) ?? 0) - (cameMs[number] as number) <= 1000, "the bound");
        }
      },
    ),
    { numRuns: 500 },
  );
});
