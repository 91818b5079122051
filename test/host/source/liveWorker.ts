/** Reads a live source in a worker thread and posts every record; ends when told to. */
import { parentPort, workerData } from "node:worker_threads";
import { type LiveSourceOptions, openLiveSource } from "../../../host/source/live.js";

const source = openLiveSource(workerData as LiveSourceOptions);
parentPort?.once("message", () => source.close());
parentPort?.postMessage("open");
let how = "ready";
while (how !== "ended") {
  source.read(64, (bytes, _view, offset, size) => {
    parentPort?.postMessage(bytes.slice(offset, offset + size));
  });
  how = await source.wait(1000);
}
