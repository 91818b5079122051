/**
 * What the main thread may ask of the pipeline worker. `handle.ts` is the real one; the API is
 * written against this, so that it knows nothing of threads.
 */
import type { ActivePlugin, Arranged, PluginSetup } from "../plugins/prepared.js";
import type { PodCounts } from "../pods/counts.js";
import type { StreamSpec } from "../stream/filterSpec.js";

/** A run of events for all streams that asked for the same thing. Shared, never written to. */
export interface Frames {
  /** gRPC messages back to back: a zero byte, the length (32 bits, big endian), `fgs.GetEventsResponse`. */
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Records the kernel lost since this group's previous frames. */
  readonly lostRing: number;
}

export interface Feed {
  /** Stops the feed; nothing is delivered after it returns. Twice does no harm. */
  close(): void;
}

export interface FeedListener {
  frames(frames: Frames): void;
  /** The source has no more events (a recording came to its end) or the pipeline stopped. */
  end(error?: Error): void;
}

export interface PipelineStatus {
  readonly source: string;
  readonly scope: string;
  readonly seen: number;
  /** How many of them, by number of the event type; one that never came is not there. */
  readonly byType: Readonly<Record<number, number>>;
  readonly kept: number;
  readonly dropped: number;
  readonly lostRing: number;
  readonly malformed: number;
  readonly records: number;
  readonly tableFull: number;
  readonly readFailed: number;
  readonly sequence: number;
  readonly cache: { readonly size: number; readonly misses: number; readonly evictions: number };
  /** undefined: containers are not looked up. */
  readonly pods?: PodCounts | undefined;
}

export interface PipelinePort {
  /** Resolves once every later event will be delivered. Rejects if a filter is wrong. */
  subscribe(spec: StreamSpec, listener: FeedListener): Promise<Feed>;
  /**
   * Makes the chain what `setups` says, between two batches. Plugins whose instance is in the chain
   * already go on with their state. Rejects, and nothing has changed, if a new one does not start.
   */
  arrange(setups: readonly PluginSetup[]): Promise<Arranged>;
  plugins(): Promise<readonly ActivePlugin[]>;
  status(): Promise<PipelineStatus>;
}
