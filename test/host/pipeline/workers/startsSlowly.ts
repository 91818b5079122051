/** A pipeline worker that takes its time before it is ready, as on a busy machine. */
import { parentPort } from "node:worker_threads";

setTimeout(() => parentPort?.postMessage({ type: "ready" }), 2500);
parentPort?.on("message", ({ request }) => {
  if (request?.type === "stop")
    parentPort?.postMessage({ type: "end", error: undefined, status: undefined });
});
