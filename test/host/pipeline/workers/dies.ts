/** A pipeline worker that serves until it is asked for its status, and dies of that. */
import { parentPort, workerData } from "node:worker_threads";
import type { WorkerData } from "../../../../host/pipeline/messages.js";
import { SharedState } from "../../../../host/pipeline/shared.js";

const { shared, sequence, groups, plugins, hooks } = workerData as WorkerData;
const state = new SharedState(shared);
let subscribed = groups.length;
const activated = plugins.map(({ plugin }) => plugin.name);
setInterval(() => state.beat(), 10);
state.sequence = sequence + 7;
parentPort?.postMessage({ type: "ready" });
parentPort?.on("message", ({ request, id }) => {
  switch (request?.type) {
    case "status":
      throw new Error("boom");
    case "plugins":
      // Tells what this worker was started with.
      parentPort?.postMessage({
        ...{ type: "reply", id },
        value: { sequence, subscribed, activated, hooks: hooks.map(({ hook }) => hook) },
      });
      return;
    case "subscribe":
      subscribed++;
      break;
    case "stop":
      parentPort?.postMessage({ type: "end", error: undefined, status: undefined });
      return;
  }
  if (request) parentPort?.postMessage({ type: "reply", id, value: {} });
});
