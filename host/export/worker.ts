/** The export's thread: a disk that is slow or hangs stops this thread and no other. */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "./clock.js";
import type { ExportConfig } from "./config.js";
import { ExportCounters } from "./counters.js";
import { Janitor } from "./janitor.js";
import { ExportLoop, type FrameJob } from "./loop.js";

/** Plain data for the thread. */
export interface ExportWorkerData {
  readonly config: ExportConfig;
  readonly nodeName: string;
  readonly counters: SharedArrayBuffer;
  /** Give up if the file cannot be opened; else it is tried again and again. */
  readonly mustOpen: boolean;
}

export type ToExport = FrameJob | "reopen" | "close";

export type FromExport =
  | { readonly type: "ready" }
  /** The file could not be opened, and had to be. */
  | { readonly type: "refused"; readonly reason: string }
  /** Nothing can be written any more; undefined: it works again. */
  | { readonly type: "failure"; readonly reason: string | undefined }
  | { readonly type: "trouble"; readonly reason: string }
  | { readonly type: "closed" };

const tickEveryMs = 250;

const port = parentPort;
if (port) serve(workerData as ExportWorkerData, (message) => port.postMessage(message));

function serve(data: ExportWorkerData, post: (message: FromExport) => void): void {
  const { config, nodeName } = data;
  const onTrouble = ({ message }: Error) => post({ type: "trouble", reason: message });
  const janitor = new Janitor({ ...config, onTrouble });
  const loop = new ExportLoop({
    config,
    nodeName,
    counters: new ExportCounters(data.counters),
    clock: systemClock,
    onFailure: (reason) => post({ type: "failure", reason: reason?.message }),
    onTrouble,
    onRotated: () => janitor.tidy(),
  });
  try {
    if (data.mustOpen) loop.open();
    else loop.reopen();
  } catch (error) {
    post({ type: "refused", reason: (error as Error).message });
    return;
  }
  janitor.tidy();
  const ticking = setInterval(() => loop.tick(), tickEveryMs);
  parentPort?.on("message", async (message: ToExport) => {
    if (message === "reopen") loop.reopen();
    else if (message !== "close") loop.push(message);
    else {
      clearInterval(ticking);
      loop.close();
      await janitor.close();
      post({ type: "closed" });
    }
  });
  post({ type: "ready" });
}
