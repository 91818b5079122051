import { parentPort, workerData } from "node:worker_threads";
import { BpfError, BpfObject } from "../../../../bpf/libbpf/index.js";

/** A worker that opens garbage under a name of its own, again and again, and checks that it hears only of that. */
const { name, times } = workerData as { name: string; times: number };
const heard = new Set<string>();
for (let i = 0; i < times; i++) {
  try {
    BpfObject.open(Buffer.from("garbage"), { name: `${name}_${i}` });
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    heard.add(error.messages.join("|"));
    if (!error.messages.join().includes(`${name}_${i}`)) throw new Error(`heard ${error.messages}`);
  }
  // Only now: a worker must not be terminated while koffi binds functions in it.
  if (i === 0) parentPort?.postMessage("started");
}
parentPort?.postMessage(heard.size);
