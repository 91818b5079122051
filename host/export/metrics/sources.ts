import type { PipelinePort } from "../../pipeline/port.js";
import type { PolicyStatus } from "../../sensors/policies/status.js";
import type { StreamTotals } from "../../stream/subscribers.js";
import type { ExportStatus } from "../config.js";

/** Where the numbers come from: the same places that `Node.GetStatus` asks. */
export interface MetricsSources {
  readonly version: string;
  /** Uploads of plugins that were refused, by reason. */
  readonly refusedUploads?: () => Readonly<Record<string, number>>;
  readonly port: Pick<PipelinePort, "status" | "plugins">;
  readonly streams: () => StreamTotals;
  /** Undefined: nothing is exported. */
  readonly exportStatus: () => ExportStatus | undefined;
  /** Default: there are none. */
  readonly policies?: () => readonly PolicyStatus[];
  /** Most live processes remembered. */
  readonly processCacheSize: number;
}
