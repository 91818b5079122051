import { parentPort, workerData } from "node:worker_threads";
import { BpfObject, RingBuffer } from "../../../../bpf/libbpf/index.js";

/**
 * A worker that reads a ring known only by its descriptor, and reports the numbers it got. What it
 * does at the end: `close` it, or leave it `waiting`, `spinning` or
 * `reading` on, to be terminated.
 */
const { fd, until, end, object } = workerData as {
  fd: number;
  until: number;
  end: "close" | "waiting" | "spinning" | "reading" | "exit";
  object?: string;
};
const ring = new RingBuffer(fd);
// What a terminated worker leaves behind must go, too.
const attached = object ? BpfObject.open(object).load() : undefined;
const numbers: number[] = [];
while (numbers.length < until) {
  await ring.wait(5000);
  ring.drain(1000, (offset) => numbers.push(Number(ring.view.getBigUint64(offset, true))));
}
parentPort?.postMessage(numbers);
if (end === "close") {
  ring.close();
  attached?.close();
} else if (end === "waiting") {
  await Promise.all([ring.wait(), ring.wait(60_000)]);
} else if (end === "exit") {
  void ring.wait();
  process.exit(0);
} else if (end === "reading") {
  for (;;) {
    await ring.wait(100);
    ring.drain(3, () => undefined);
  }
} else {
  for (;;) ring.drain(1, () => undefined);
}
