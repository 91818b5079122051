import assert from "node:assert/strict";
import { test } from "node:test";
import { toNumber } from "../../../../host/api/numbers.js";
import { EventEncoder } from "../../../../host/events/encoder.js";
import { type Event, EventType, type FindingEvent } from "../../../../host/events/model.js";
import { WireWriter } from "../../../../host/events/wire.js";
import { Aggregation, writeAggregated } from "../../../../host/stream/aggregation/aggregation.js";
import { aggregationKey } from "../../../../host/stream/aggregation/keys.js";
import { aggregationLimits } from "../../../../host/stream/aggregation/spec.js";
import { fgs } from "../../../../proto/generated/api.js";
import { call, exec, exit, process } from "../events.js";

const second = 1_000_000_000n;
const encoder = new EventEncoder({
  nodeName: "node",
  capabilities: false,
  namespaces: false,
  hostNamespaces: [],
});

function add(aggregation: Aggregation, ...events: Event[]): void {
  for (const event of events) {
    if (!aggregation.count(event)) continue;
    const wire = new WireWriter();
    encoder.encode(event, wire);
    aggregation.hold(wire.bytes.subarray(0, wire.position));
  }
}

/** What is ripe, decoded from its frames. */
function taken(aggregation: Aggregation): fgs.GetEventsResponse[] {
  const all: fgs.GetEventsResponse[] = [];
  for (let next = aggregation.take(); next; next = aggregation.take()) {
    const wire = new WireWriter(1);
    writeAggregated(next, wire);
    assert.equal(wire.bytes.readUInt32BE(1), wire.position - 5);
    all.push(fgs.GetEventsResponse.decode(wire.bytes.subarray(5, wire.position)));
  }
  return all;
}

const counts = (aggregation: Aggregation) =>
  taken(aggregation).map(({ aggregation_info }) => toNumber(aggregation_info?.count));

test("the time of events moves windows on; one that is late is in the open one", () => {
  const aggregation = new Aggregation({ windowNs: second, mostKeys: 10 });
  const one = process();
  const at = (ms: number) => exec(one, { timeNs: 100n * second + BigInt(ms) * 1_000_000n });
  add(aggregation, at(900), at(999));
  assert.deepEqual(counts(aggregation), []);
  add(aggregation, at(1000));
  assert.deepEqual(counts(aggregation), [2]);
  add(aggregation, at(950), at(1999));
  assert.deepEqual(counts(aggregation), []);
  add(aggregation, at(5000));
  assert.deepEqual(counts(aggregation), [3]);
});

test("without events the clock ends a window, and it is not opened again for late events", () => {
  const aggregation = new Aggregation({ windowNs: second, mostKeys: 10 });
  const one = process();
  const at = (ms: number) => exec(one, { timeNs: 100n * second + BigInt(ms) * 1_000_000n });
  assert.equal(aggregation.deadlineMs, undefined);
  add(aggregation, at(400));
  const { deadlineMs = 0 } = aggregation;
  const leftMs = deadlineMs - performance.now();
  assert.ok(leftMs <= 600 && leftMs > 100, `${leftMs} ms`);
  aggregation.tick(deadlineMs - 1);
  assert.deepEqual(counts(aggregation), []);
  aggregation.tick(deadlineMs);
  assert.deepEqual(counts(aggregation), [1]);
  assert.equal(aggregation.deadlineMs, undefined);
  add(aggregation, at(800), at(1500));
  assert.deepEqual(counts(aggregation), [], "both are in the next window");
  add(aggregation, at(2000));
  assert.deepEqual(counts(aggregation), [2]);
});

test("time that goes back, as in a recording that is played again, loses nothing", () => {
  const aggregation = new Aggregation({ windowNs: second, mostKeys: 10 });
  const one = process();
  for (const round of [1, 2]) {
    for (let s = 0n; s < 5n; s++) add(aggregation, exec(one, { timeNs: (100n + s) * second }));
    assert.ok(round);
  }
  aggregation.finish();
  assert.equal(
    counts(aggregation).reduce((sum, count) => sum + count, 0),
    10,
  );
});

test("what a plugin made of many counts for as many, once", () => {
  const aggregation = new Aggregation({ windowNs: second, mostKeys: 1 });
  const one = process();
  add(aggregation, exec(one, { aggregated: 5 }), exec(one), exec(one, { aggregated: 7 }));
  add(aggregation, exec(process(), { aggregated: 3 }), exit(one));
  assert.equal(aggregation.dropped, 0 + 1, "the end has no room");
  aggregation.finish();
  assert.deepEqual(counts(aggregation), [5 + 1 + 7 + 3]);
  add(aggregation, exec(one, { aggregated: 2 }), exec(one));
  assert.deepEqual(counts(aggregation), [2, 1], "behind the end each goes by itself");
});

test("memory is bounded, whatever the number of keys", () => {
  const aggregation = new Aggregation({ windowNs: second, mostKeys: 1_000_000 });
  const long = "x".repeat(1 << 20);
  for (let i = 0; i < 40; i++) {
    add(aggregation, exec(process({ binary: `/bin/${i}`, arguments: long })));
  }
  aggregation.finish();
  const sent = counts(aggregation).length;
  assert.equal(sent + aggregation.dropped, 40);
  assert.ok(sent * long.length <= aggregationLimits.mostBytes + long.length, `${sent} sent`);
});

test("what is alike, by type", () => {
  const parent = process();
  const here = { parent, binary: "/bin/a", containerId: "c1" };
  const key = aggregationKey;
  const same = (a: Event, b: Event) => assert.equal(key(a), key(b));
  const other = (a: Event, b: Event) => assert.notEqual(key(a), key(b));
  const a = process(here);
  same(exec(a), exec(process({ ...here, pid: 2, arguments: "others" })));
  other(exec(a), exec(process({ ...here, parent: process() })));
  other(exec(a), exec(process({ ...here, binary: "/bin/b" })));
  other(exec(a), exec(process({ ...here, containerId: "c2" })));
  other(exec(a), exit(a));
  same(exit(a), exit(process({ ...here, parent: process() })));
  other(exit(a), exit(a, { status: 1 }));
  other(exit(a), exit(a, { signal: "SIGKILL" }));
  same(call(a), call(a, { functionName: "the same hook" }));
  other(call(a), call(process(here)));
  other(call(a), call(a, { hook: 2 }));
  other(call(a), { ...call(a), actions: 17 } as Event);
  const finding: FindingEvent = {
    ...exec(a),
    type: EventType.FINDING,
    ...{ plugin: "p", pluginVersion: "1", name: "n", severity: 2, message: "m" },
    ...{ attributes: undefined, eventType: EventType.EXEC },
  };
  same(finding, { ...finding, attributes: new Map([["a", "b"]]), pluginVersion: "2" });
  other(finding, { ...finding, message: "M" });
  other(finding, { ...finding, plugin: "q" });
  other(finding, { ...finding, process: process({ ...here, binary: "/bin/b" }) });
});
