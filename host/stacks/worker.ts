/**
 * The thread of the trees: reads what programs counted and what processes run, which may take a while
 * for large programs. Nobody else waits for it.
 */
import { parentPort, workerData } from "node:worker_threads";
import { openProcessTable } from "../source/processTable.js";
import { Collector } from "./collector.js";
import type { FromStacks, StacksRequest, StacksWorkerData, ToStacks } from "./messages.js";
import { Pods } from "./pods.js";

const port = parentPort;
if (!port) throw new Error("host/stacks/worker.ts runs as a worker thread only");
const { newsFd, newsLayout, tableFd, layout, nodeName, containers } =
  workerData as StacksWorkerData;

/** What is there stays in the kernel so long at most. */
const everyMs = 1000;

const post = (message: FromStacks) => port.postMessage(message);
const table = openProcessTable(tableFd, layout);
const pods = new Pods((cgroup) => post({ type: "pod", cgroup }));
const collector = new Collector({
  newsFd,
  newsLayout,
  nodeName,
  keyNsOf: (pid) => table.keyNsOf(pid),
  podOf: (cgroup) => (containers ? pods.of(cgroup) : Promise.resolve("")),
});

/** One thing at a time: a tree is not read while stacks are put into it. */
let last: Promise<unknown> = Promise.resolve();
function inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
  const next = last.then(task);
  last = next.catch(() => {});
  return next;
}

async function answer(request: StacksRequest): Promise<unknown> {
  switch (request.type) {
    case "add":
      return collector.add(request.init);
    case "remove":
      return collector.remove(request.name);
    case "read":
      return collector.read(request.name);
    case "numbers":
      return collector.numbers();
  }
}

port.on("message", (message: ToStacks) => {
  if (message.type === "pod") {
    pods.tell(message.cgroup, message.pod);
    return;
  }
  const { id, request } = message;
  inTurn(() => answer(request)).then(
    (value) => post({ type: "reply", id, value }),
    (error: Error) => post({ type: "refused", id, message: error.message }),
  );
});

function takeLater(): void {
  // What fails here ends the thread, and the next request brings it back.
  setTimeout(() => void inTurn(() => collector.takeAll()).then(takeLater), everyMs);
}
takeLater();
