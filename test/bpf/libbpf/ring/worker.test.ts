import assert from "node:assert/strict";
import { after, test } from "node:test";
import { BpfObject, RingBuffer } from "../../../../bpf/libbpf/index.js";
import { descriptors, mapMappings } from "../support/process.js";
import { program } from "../support/programs.js";
import { startThread, type Thread } from "../support/threads.js";

// Starting a worker takes seconds on an emulated machine. What one leaves behind shows at once; when
// it is best terminated is found here, where it is tried more often.
const isEmulated = process.env.GUIDESTAR_IN_GUEST === "1";
const rounds = isEmulated ? 1 : 5;
const mostMs = isEmulated ? 5000 : 20_000;

const object = BpfObject.open(program("ring")).load();
after(() => object.close());
const events = object.map("events");
const produce = object.program("produce");

async function readInWorker(end: string): Promise<Thread> {
  const first = Number(object.variables.get("sent"));
  produce.testRun({ context: [100, 64, 0, 0] });
  const data = { fd: events.fd, until: 100, end, object: program("maps") };
  const thread = await startThread("reader", data);
  assert.deepEqual(
    thread.message,
    Array.from({ length: 100 }, (_, i) => first + i),
  );
  return thread;
}

test("a worker reads a ring that it knows only by its descriptor", async () => {
  const { exited } = await readInWorker("close");
  assert.equal(await exited, 0);
});

for (const state of ["waiting", "spinning"]) {
  test(`a worker terminated while ${state} leaves nothing behind`, async () => {
    const before = descriptors();
    for (let i = 0; i < rounds; i++) {
      const { worker } = await readInWorker(state);
      await worker.terminate();
    }
    assert.equal(descriptors(), before);
    assert.equal(mapMappings(), 0);
  });
}

test("a worker that exits with a wait pending leaves nothing behind", async () => {
  const before = descriptors();
  const { exited } = await readInWorker("exit");
  assert.equal(await exited, 0);
  assert.equal(descriptors(), before);
  assert.equal(mapMappings(), 0);
});

test("every record a thread sends reaches a thread that reads meanwhile, once and in order", async () => {
  const ring = new RingBuffer(events);
  const first = Number(object.variables.get("sent"));
  const lostBefore = Number(object.variables.get("lost"));
  const times = 200;
  const { exited } = await startThread("runner", {
    fd: produce.fd,
    context: [50, 40, 300, 9],
    times,
    pauseMs: 0,
  });
  let running = true;
  void exited.then(() => {
    running = false;
  });
  let next = first;
  while (running || ring.available() > 0) {
    await ring.wait(20);
    ring.drain(10_000, (offset) => {
      assert.equal(Number(ring.view.getBigUint64(offset, true)), next);
      next++;
    });
  }
  const lost = Number(object.variables.get("lost")) - lostBefore;
  assert.equal(next - first + lost, times * 50);
  assert.equal(next, Number(object.variables.get("sent")));
  ring.close();
});

test("a worker that reads can be terminated at any moment", async () => {
  const producer = await startThread("runner", {
    fd: produce.fd,
    context: [1, 64, 0, 0],
    times: 1e9,
    pauseMs: 0.2,
  });
  const end = performance.now() + mostMs;
  for (let i = 0; i < 40 && performance.now() < end; i++) {
    const { worker } = await startThread("reader", { fd: events.fd, until: 3, end: "reading" });
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
    await worker.terminate();
  }
  await producer.worker.terminate();
});
