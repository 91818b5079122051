import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { BpfObject, RingBuffer } from "../../../../bpf/libbpf/index.js";
import { descriptors, mapMappings } from "../support/process.js";
import { program } from "../support/programs.js";
import { exited, startWorker } from "../support/threads.js";

const object = BpfObject.open(program("ring")).load();
after(() => object.close());
const events = object.map("events");
const produce = object.program("produce");

async function readInWorker(end: string): Promise<Awaited<ReturnType<typeof startWorker>>> {
  const first = Number(object.variables.get("sent"));
  produce.testRun({ context: [100, 64, 0, 0] });
  const { Worker } = await import("node:worker_threads");
  const worker = new Worker(new URL("../support/reader.js", import.meta.url), {
    workerData: { fd: events.fd, until: 100, end, object: program("maps") },
  });
  const [numbers] = (await once(worker, "message")) as [number[]];
  assert.deepEqual(
    numbers,
    Array.from({ length: 100 }, (_, i) => first + i),
  );
  return worker;
}

test("a worker reads a ring that it knows only by its descriptor", async () => {
  const worker = await readInWorker("close");
  assert.equal(await exited(worker), 0);
});

for (const state of ["waiting", "spinning"]) {
  test(`a worker terminated while ${state} leaves nothing behind`, async () => {
    const before = descriptors();
    for (let i = 0; i < 5; i++) {
      const worker = await readInWorker(state);
      await worker.terminate();
    }
    assert.equal(descriptors(), before);
    assert.equal(mapMappings(), 0);
  });
}

test("a worker that exits with a wait pending leaves nothing behind", async () => {
  const before = descriptors();
  const worker = await readInWorker("exit");
  assert.equal(await exited(worker), 0);
  assert.equal(descriptors(), before);
  assert.equal(mapMappings(), 0);
});

test("every record a thread sends reaches a thread that reads meanwhile, once and in order", async () => {
  const ring = new RingBuffer(events);
  const first = Number(object.variables.get("sent"));
  const lostBefore = Number(object.variables.get("lost"));
  const times = 400;
  const worker = await startWorker("runner", {
    fd: produce.fd,
    context: [50, 40, 300, 9],
    times,
    pauseMs: 0,
  });
  let running = true;
  void exited(worker).then(() => {
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
