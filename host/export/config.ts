import type { StreamSpec } from "../stream/filterSpec.js";
import type { QueueLimits } from "../stream/queue.js";

/** What is written to the file, and how. Plain data: it crosses threads. */
export interface ExportConfig {
  readonly file: string;
  /** Which events are written. */
  readonly spec: StreamSpec;
  /** A file that would grow beyond this is rotated first. */
  readonly maxFileBytes: number;
  /** A file older than this is rotated; undefined: age does not matter. */
  readonly rotationIntervalMs: number | undefined;
  /** Rotated files that are kept; 0: all. */
  readonly maxBackups: number;
  /** Rotated files are compressed with gzip. */
  readonly compress: boolean;
  /** Permissions of files that are made. */
  readonly mode: number;
  /** Events a minute; 0: none, -1: as many as come. */
  readonly ratePerMinute: number;
  /** How much may wait for the disk. */
  readonly queue: QueueLimits;
}

/** More than a second of a flood, in about the memory that such events take. */
export const exportQueueLimits: QueueLimits = { events: 65_536, bytes: 64 << 20 };

/** What `Node.GetStatus` tells of the export. Counted since the daemon started. */
export interface ExportStatus {
  readonly file: string;
  /** Events that are in a file. */
  readonly written: number;
  readonly bytes: number;
  /** Events that wait. */
  readonly queued: number;
  /** Events that came faster than they could be written. */
  readonly lostQueueFull: number;
  /** Events that the buffer of the aggregation had no room for. */
  readonly lostAggregation: number;
  /** Events that came while nothing could be written, or that could not be written at all. */
  readonly lostWriteFailed: number;
  readonly rateLimited: number;
  readonly rotations: number;
  /** Why nothing can be written now; "" while it works. */
  readonly failure: string;
}
