import assert from "node:assert/strict";
import { after, test } from "node:test";
import { BpfObject, RingBuffer } from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";
import { startThread } from "../support/threads.js";

const object = BpfObject.open(program("ring")).load();
after(() => object.close());
const events = object.map("events");
const produce = object.program("produce");

test("a wait ends as soon as a record comes", async () => {
  const ring = new RingBuffer(events);
  const { exited } = await startThread("runner", {
    fd: produce.fd,
    context: [1, 64, 0, 0],
    times: 1,
    pauseMs: 50,
  });
  const start = performance.now();
  assert.equal(await ring.wait(10_000), "ready");
  assert.ok(performance.now() - start < 5000);
  assert.equal(
    ring.drain(10, () => undefined),
    1,
  );
  await exited;
  ring.close();
});

test("a wait ends by its time", async () => {
  const ring = new RingBuffer(events);
  assert.equal(await ring.wait(0), "timeout");
  const start = performance.now();
  assert.equal(await ring.wait(60), "timeout");
  assert.ok(performance.now() - start >= 55);
  ring.close();
});

test("no wake-up is missed between reading and waiting", async () => {
  const own = BpfObject.open(program("ring"));
  own.map("events").maxEntries = 1 << 20;
  own.load();
  const ring = new RingBuffer(own.map("events"));
  const times = 2000;
  const { exited } = await startThread("runner", {
    fd: own.program("produce").fd,
    context: [1, 64, 0, 0],
    times,
    pauseMs: 0,
  });
  let got = 0;
  while (got < times) {
    assert.equal(await ring.wait(5000), "ready");
    got += ring.drain(1, () => undefined);
  }
  await exited;
  assert.equal(await ring.wait(0), "timeout");
  assert.equal(own.variables.get("lost"), 0n);
  ring.close();
  own.close();
});

test("several waits end together", async () => {
  const ring = new RingBuffer(events);
  const waits = [ring.wait(), ring.wait(10_000), ring.wait()];
  const short = ring.wait(5);
  assert.equal(await short, "timeout");
  produce.testRun({ context: [1, 64, 0, 0] });
  assert.deepEqual(await Promise.all(waits), ["ready", "ready", "ready"]);
  ring.drain(10, () => undefined);
  ring.close();
});

test("a reader that always finds something lets timers run all the same", async () => {
  const ring = new RingBuffer(events);
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 5);
  let rounds = 0;
  const start = performance.now();
  while (!fired && performance.now() - start < 5000) {
    produce.testRun({ context: [1, 64, 0, 0] });
    assert.equal(await ring.wait(1000), "ready");
    ring.drain(1, () => undefined);
    rounds++;
  }
  assert.ok(fired, `no timer ran in ${rounds} rounds`);
  ring.close();
});

test("a record that is still being written holds back those behind it, and the wait", async () => {
  const ring = new RingBuffer(events);
  let seen = false;
  // On a busy machine this thread may get its turn only when the slow record is complete.
  for (let attempt = 0; attempt < 20 && !seen; attempt++) {
    const { exited } = await startThread("runner", {
      fd: object.program("dawdle").fd,
      context: [16],
      times: 1,
      pauseMs: 20,
    });
    while (ring.available() === 0) await new Promise((resolve) => setImmediate(resolve));
    produce.testRun({ context: [2, 64, 0, 0] });
    const sizes: number[] = [];
    const read = (): number => ring.drain(10, (_, size) => sizes.push(size));
    seen = read() === 0 && ring.available() === 24 + 2 * 72;
    while (sizes.length < 3) {
      assert.equal(await ring.wait(10_000), "ready");
      read();
    }
    assert.deepEqual(sizes, [16, 64, 64], "the slow record comes first");
    await exited;
  }
  assert.ok(seen, "the slow record was never seen while it was being written");
  ring.close();
});
