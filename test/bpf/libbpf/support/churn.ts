import { parentPort, workerData } from "node:worker_threads";
import { bytesCodec, KernelMap } from "../../../../bpf/libbpf/index.js";

/** A worker that adds and deletes keys of a map until it is told to stop. */
const { fd, stop, from, count } = workerData as {
  fd: number;
  stop: SharedArrayBuffer;
  from: number;
  count: number;
};
const stopped = new Int32Array(stop);
const map = KernelMap.from(fd, { key: bytesCodec(4), value: bytesCodec(4) });
parentPort?.postMessage("started");
for (let i = 0; Atomics.load(stopped, 0) === 0; i = (i + 1) % count) {
  const key = new Uint8Array(Uint32Array.of(from + i).buffer);
  if (!map.delete(key)) map.update(key, key);
}
map.close();
