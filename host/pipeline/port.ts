/**
 * What the main thread may ask of the pipeline worker. `handle.ts` is the real one; the API is
 * written against this, so that it knows nothing of threads.
 */
import type { DnsCounts } from "../dns/dnsDecoder.js";
import type { ActivePlugin, Arranged, PluginSetup, PreparedPlugin } from "../plugins/prepared.js";
import type { Rehearsal } from "../plugins/rehearsal.js";
import type { PodCounts } from "../pods/counts.js";
import type { HookDescription } from "../policy/hookSpec.js";
import type { StreamSpec } from "../stream/filterSpec.js";
import type { PushdownCounts } from "./pushdown.js";

/** A run of events for all streams that asked for the same thing. Shared, never written to. */
export interface Frames {
  /** gRPC messages back to back: a zero byte, the length (32 bits, big endian), `fgs.GetEventsResponse`. */
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Records the kernel lost since this group's previous frames. */
  readonly lostRing: number;
  /** If the stream is aggregated: for how many events each message stands; 0: it is about none. */
  readonly counts?: readonly number[] | undefined;
  /** And how many events its buffer had no room for, since the previous frames. */
  readonly lostAggregation?: number | undefined;
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

/** The process cache; all but `size` since start. */
export interface CacheCounts {
  readonly size: number;
  /** Look-ups of a process that was not known. */
  readonly misses: number;
  /** Live processes forgotten because the cache was full. */
  readonly evictions: number;
  /** Unknown processes that /proc could still tell of. */
  readonly completed: number;
  /** Processes forgotten that had ended unseen, their record lost. */
  readonly swept: number;
  /** The same in the kernel's process table. */
  readonly tableSwept: number;
}

/** Calls that one hook of a policy told of. */
export interface HookCount {
  readonly policy: string;
  /** Of a tracepoint `subsystem/event`, else the function. */
  readonly hook: string;
  /** Number of the type of its events. */
  readonly type: number;
  readonly events: number;
  /** Of these, left out because the policy is for other pods. */
  readonly elsewhere: number;
}

export interface PipelineStatus {
  readonly source: string;
  readonly scope: string;
  readonly seen: number;
  /** How many of them, by number of the event type; one that never came is not there. */
  readonly byType: Readonly<Record<number, number>>;
  readonly kept: number;
  readonly dropped: number;
  /** Events that plugins emitted for others, and what they found; not among those seen and kept. */
  readonly made: number;
  readonly lostRing: number;
  /** Of these, records of processes; the others are of policies. */
  readonly lostRingProcess: number;
  readonly malformed: number;
  /** Records of hooks that nobody told of. */
  readonly unknownHook: number;
  /** Of the hooks that are known now. */
  readonly hooks: readonly HookCount[];
  /** DNS messages; undefined: a recording from before they were told of. */
  readonly dns?: DnsCounts | undefined;
  readonly records: number;
  readonly tableFull: number;
  readonly readFailed: number;
  readonly sequence: number;
  /** What the kernel leaves out; undefined: nothing, or the events come from a recording. */
  readonly pushdown?: PushdownCounts | undefined;
  readonly cache: CacheCounts;
  /** undefined: containers are not looked up. */
  readonly pods?: PodCounts | undefined;
}

export interface PipelinePort {
  /**
   * Sends what waits to be aggregated, and from then on every event as it comes: the streams are about
   * to end. Resolves once all of it was delivered.
   */
  finishAggregation(): Promise<void>;
  /** Resolves once every later event will be delivered. Rejects if a filter is wrong. */
  subscribe(spec: StreamSpec, listener: FeedListener): Promise<Feed>;
  /**
   * Makes the chain what `setups` says, between two batches. Plugins whose instance is in the chain
   * already go on with their state. Rejects, and nothing has changed, if a new one does not start.
   */
  arrange(setups: readonly PluginSetup[]): Promise<Arranged>;
  plugins(): Promise<readonly ActivePlugin[]>;
  /** What a plugin would say of the last events; changes nothing. Rejects if it does not start. */
  rehearse(plugin: PreparedPlugin, settings: string): Promise<Rehearsal>;
  /**
   * Tells of hooks: call it before they are attached. Resolves once none of their records can be read
   * without it. Rejects if the events come from a recording.
   */
  define(hooks: readonly HookDescription[]): Promise<void>;
  /** Tells that hooks are detached for good, by number. What they sent by now is still read. */
  forget(hooks: readonly number[]): Promise<void>;
  status(): Promise<PipelineStatus>;
}
