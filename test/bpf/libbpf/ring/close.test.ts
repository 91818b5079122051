import assert from "node:assert/strict";
import { after, test } from "node:test";
import { BpfObject, ClosedError, RingBuffer } from "../../../../bpf/libbpf/index.js";
import { descriptors, mapMappings } from "../support/process.js";
import { program } from "../support/programs.js";

const object = BpfObject.open(program("ring")).load();
after(() => object.close());
const events = object.map("events");
const put = (count: number): void => {
  object.program("produce").testRun({ context: [count, 64, 0, 0] });
};

test("a closed ring's memory cannot be touched by any view that was handed out", () => {
  const ring = new RingBuffer(events);
  put(3);
  const { bytes, view } = ring;
  const [record] = ring.batch(1);
  assert.ok(record);
  const part = record.bytes;
  const own = new Uint32Array(bytes.buffer, bytes.byteOffset, 16);
  assert.equal(part.length, 64);
  ring.close();
  assert.equal(bytes.length, 0);
  assert.equal(bytes.buffer.byteLength, 0);
  assert.equal(part.length, 0);
  assert.equal(part[0], undefined);
  assert.equal(own.length, 0);
  part[0] = 1;
  assert.throws(() => view.getUint8(0), TypeError);
  assert.throws(() => Atomics.load(own, 0));
  assert.equal(record.bytes.length, 0);
  assert.equal(record.copy().length, 0);
  assert.equal(ring.bytes.length, 0);
  assert.equal(mapMappings(), 0);
});

test("after close, calls throw, iterators end, and closing again does no harm", async () => {
  const ring = new RingBuffer(events);
  const open = ring.batch(5);
  ring.close();
  ring.close();
  assert.throws(() => ring.drain(1, () => undefined), ClosedError);
  assert.throws(() => ring.batch(1), ClosedError);
  assert.throws(() => ring.available(), ClosedError);
  assert.throws(() => [...open], ClosedError);
  assert.equal(await ring.wait(), "closed");
});

test("a visitor may close the ring: nothing more is visited", () => {
  const ring = new RingBuffer(events);
  put(5);
  let visits = 0;
  const count = ring.drain(10, (offset) => {
    visits++;
    if (visits === 2) {
      ring.close();
      assert.throws(() => ring.view.getUint32(offset, true), TypeError);
    }
  });
  assert.equal(visits, 2);
  assert.equal(count, 2);
  assert.equal(mapMappings(), 0);
});

test("a loop over a batch ends when the ring is closed in its body", () => {
  const ring = new RingBuffer(events);
  put(5);
  let rounds = 0;
  for (const record of ring.batch(10)) {
    rounds++;
    ring.close();
    assert.equal(record.bytes.length, 0);
  }
  assert.equal(rounds, 1);
});

test("what was not visited before close is there for the next reader", () => {
  const first = new RingBuffer(events);
  first.drain(1000, () => undefined);
  put(5);
  first.drain(2, () => undefined);
  first.close();
  const second = new RingBuffer(events);
  assert.equal(
    second.drain(1000, () => undefined),
    3,
  );
  second.close();
});

test("pending waits end when the ring is closed", async () => {
  const ring = new RingBuffer(events);
  const waits = [ring.wait(), ring.wait(60_000), ring.wait()];
  setImmediate(() => ring.close());
  assert.deepEqual(await Promise.all(waits), ["closed", "closed", "closed"]);
});

test("map, object and ring can be closed in any order", () => {
  const own = BpfObject.open(program("ring")).load();
  const ring = new RingBuffer(own.map("events"));
  own.program("produce").testRun({ context: [3, 64, 0, 0] });
  own.close();
  assert.equal(
    ring.drain(10, () => undefined),
    3,
  );
  ring.close();
  own.close();
  ring.close();
});

test("opening and closing often leaves no descriptor and no mapping behind", () => {
  const before = descriptors();
  for (let i = 0; i < 100; i++) {
    const ring = new RingBuffer(events);
    void ring.wait(1000);
    ring.close();
  }
  assert.equal(descriptors(), before);
  assert.equal(mapMappings(), 0);
});

test("views outlive a ring that was collected without being closed", async () => {
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const views = Array.from({ length: 20 }, () => new RingBuffer(events).bytes);
  for (let i = 0; i < 5; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const bytes of views) {
    let sum = 0;
    for (let i = 0; i < bytes.length; i += 4096) sum += bytes[i] ?? 0;
    assert.ok(bytes.length > 0 && sum >= 0);
  }
});
