import assert from "node:assert/strict";
import { test } from "node:test";
import { EventEncoder } from "../../../host/events/encoder.js";
import type { Event } from "../../../host/events/model.js";
import { FanOut } from "../../../host/pipeline/fanOut.js";
import type { GroupFrames } from "../../../host/pipeline/group.js";
import { emptyFilter } from "../../../host/stream/filterSpec.js";
import { decoderWithCaller, description, make } from "../events/hook/support.js";

const { decode } = decoderWithCaller();
decode(make.definition(description({ args: [{ type: "string", index: 0 }] })));

function calls(count: number, text = "text"): Event[] {
  const values = { "header.pid": 11, "header.tid": 12, "header.key_ns": 300, hook: 7 };
  return Array.from({ length: count }, (_, n) => {
    const event = decode(make.hook(values, [make.string(0, `${text} ${n}`)])) as Event;
    event.sequence = n + 1;
    return event;
  });
}

function fanOut() {
  const runs: (GroupFrames & { readonly group: number; readonly text: string })[] = [];
  const options = { nodeName: "n", capabilities: false, namespaces: false, hostNamespaces: [] };
  const made = new FanOut({
    encoder: new EventEncoder(options),
    lostRing: () => 0,
    accounts: () => undefined,
    deliver: (group, frames) =>
      // As text: what is written later must not change what was handed over.
      void runs.push({ group, ...frames, text: Buffer.from(frames.bytes).toString("latin1") }),
  });
  return { made, runs };
}

const all = { allow: [], deny: [] };
const of = (group: number, runs: ReturnType<typeof fanOut>["runs"]) =>
  runs.filter((run) => run.group === group);

test("one group, and several with the same filter or another, get the same bytes", () => {
  const events = calls(50);
  const alone = fanOut();
  alone.made.subscribe(1, all);
  alone.made.add(events);
  alone.made.flush();
  const several = fanOut();
  several.made.subscribe(1, all);
  several.made.subscribe(2, all);
  several.made.subscribe(3, { allow: [{ ...emptyFilter, pid: [99] }], deny: [] });
  several.made.add(events);
  several.made.flush();
  const [expected] = of(1, alone.runs);
  assert.equal(expected?.count, 50);
  for (const group of [1, 2])
    assert.deepEqual(
      of(group, several.runs).map(({ text }) => text),
      [expected?.text],
    );
  assert.deepEqual(of(3, several.runs), []);
});

test("what was handed over is never written to again, and nothing waits behind a flush", () => {
  const { made, runs } = fanOut();
  made.subscribe(1, all);
  for (const count of [1, 3000, 2, 500, 1]) {
    made.add(calls(count, "x".repeat(200)));
    made.flush();
  }
  assert.equal(
    runs.reduce((sum, { count }) => sum + count, 0),
    3504,
  );
  for (const { bytes, text } of runs) assert.equal(Buffer.from(bytes).toString("latin1"), text);
  const memories = new Set(runs.map(({ bytes }) => bytes.buffer));
  assert.equal(memories.size, runs.length, "each run can be given to another thread");
  assert.ok(runs.every(({ bytes }) => bytes.length < 300 * 1024));
  // A single event does not take the room of a flood with it.
  assert.ok((runs.at(-1)?.bytes.buffer.byteLength ?? 0) < 2048);
});
