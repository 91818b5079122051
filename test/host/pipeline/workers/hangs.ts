/** A pipeline worker that says it is ready, beats once, and then never comes back to its loop. */
import { parentPort, workerData } from "node:worker_threads";
import type { WorkerData } from "../../../../host/pipeline/messages.js";
import { SharedState } from "../../../../host/pipeline/shared.js";

const shared = new SharedState((workerData as WorkerData).shared);
shared.sequence = 41 + (workerData as WorkerData).sequence;
shared.beat();
parentPort?.postMessage({ type: "ready" });
parentPort?.on("message", ({ request, id }) => {
  if (request?.type === "subscribe") parentPort?.postMessage({ type: "reply", id });
  if (request?.type === "status")
    for (;;) {
      // For ever: what a plugin must never be able to do.
    }
});
