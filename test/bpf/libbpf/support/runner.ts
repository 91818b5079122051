import { parentPort, workerData } from "node:worker_threads";
import { testRun } from "../../../../bpf/libbpf/index.js";

/** A worker that runs a program, given by its descriptor, some times with the same arguments. */
const { fd, context, times, pauseMs } = workerData as {
  fd: number;
  context: number[];
  times: number;
  pauseMs: number;
};
parentPort?.postMessage("started");
const never = new Int32Array(new SharedArrayBuffer(4));
for (let i = 0; i < times; i++) {
  if (pauseMs > 0) Atomics.wait(never, 0, 0, pauseMs);
  testRun("the program", fd, { context });
}
