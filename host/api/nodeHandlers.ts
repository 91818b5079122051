import type { guidestar } from "../../proto/generated/api.js";
import type { ExportStatus } from "../export/config.js";
import type { CacheCounts, PipelinePort } from "../pipeline/port.js";
import type { PodCounts } from "../pods/counts.js";
import type { Subscribers } from "../stream/subscribers.js";
import { type Handlers, unary } from "./handlers.js";
import { toTimestamp } from "./pluginMessages.js";
import { nodeService as service } from "./services.js";

export interface NodeHandlersOptions {
  readonly port: PipelinePort;
  readonly subscribers: Subscribers;
  readonly nodeName: string;
  readonly version: string;
  /** When the daemon started, ms since 1970. */
  readonly startedMs: number;
  /** Undefined, or returns undefined: nothing is exported. */
  readonly exportStatus: (() => ExportStatus | undefined) | undefined;
}

/** `guidestar.Node`. */
export function nodeHandlers(options: NodeHandlersOptions): Handlers<typeof service> {
  const { port, subscribers, nodeName, version, startedMs, exportStatus } = options;
  return {
    GetStatus: unary(service.GetStatus, async () => {
      const status = await port.status();
      return {
        node_name: nodeName,
        version,
        started: toTimestamp(startedMs),
        source: status.source,
        scope: status.scope,
        pipeline: {
          seen: status.seen,
          kept: status.kept,
          dropped: status.dropped,
          lost_ring: status.lostRing,
          lost_ring_process: status.lostRingProcess,
          unwanted_hooks: status.pushdown?.nobody ?? 0,
          judged_hooks: status.pushdown?.judged ?? 0,
          malformed: status.malformed,
          records: status.records,
          table_full: status.tableFull,
          sequence: status.sequence,
          read_failed: status.readFailed,
          made: status.made,
          unknown_hook: status.unknownHook,
        },
        streams: subscribers
          .list()
          .map(({ lostAggregation, ...same }) => ({ ...same, lost_aggregation: lostAggregation })),
        process_cache: toCacheCounts(status.cache),
        file_export: fileExport(exportStatus?.()),
        ...(status.pods ? { containers: toContainerCounts(status.pods) } : {}),
      };
    }),
  };
}

function fileExport(status: ExportStatus | undefined): guidestar.FileExport.$Properties | null {
  if (status === undefined) return null;
  const { lostQueueFull, lostWriteFailed, rateLimited, lostAggregation, ...same } = status;
  return {
    ...same,
    lost_queue_full: lostQueueFull,
    lost_write_failed: lostWriteFailed,
    rate_limited: rateLimited,
    lost_aggregation: lostAggregation,
  };
}

function toCacheCounts({ tableSwept, ...same }: CacheCounts) {
  return { ...same, table_swept: tableSwept };
}

function toContainerCounts({ heldTotal, releasedLate, ...same }: PodCounts) {
  return { ...same, held_total: heldTotal, released_late: releasedLate };
}
