/** What the main thread and the pipeline worker say to each other. Plain data only. */

import type { ErrorCode } from "../errors.js";
import type { Poison } from "../plugins/poison.js";
import type { ActivePlugin, Arranged, PluginSetup, PreparedPlugin } from "../plugins/prepared.js";
import type { Rehearsal } from "../plugins/rehearsal.js";
import type { LookupAnswer } from "../pods/answer.js";
import type { PodStageLimits } from "../pods/limits.js";
import type { HookDescription } from "../policy/hookSpec.js";
import type { LiveSourceOptions } from "../source/live.js";
import type { RecordingSpec } from "../source/recordingSpec.js";
import type { StreamSpec } from "../stream/filterSpec.js";
import type { Frames, PipelineStatus } from "./port.js";

export type SourceInit =
  | { readonly kind: "live"; readonly live: LiveSourceOptions }
  | { readonly kind: "recording"; readonly spec: RecordingSpec };

export interface PipelineOptions {
  readonly source: SourceInit;
  /** `all`, `tree:PID`, `cgroup:PATH`; for status only. */
  readonly scope: string;
  /** Name of this node in events; undefined: the one in the recording. */
  readonly nodeName: string | undefined;
  /** Most live processes remembered. */
  readonly processCacheSize: number;
  /** How often processes are looked for that ended unseen; default 10,000. */
  readonly sweepEveryMs?: number | undefined;
  /** Fill `cap` and `ns` of processes. */
  readonly processCred: boolean;
  readonly processNs: boolean;
  /** Fill `ancestors` of execs and exits; default false. */
  readonly ancestors?: boolean;
  readonly hostNamespaces: readonly number[];
  /** Have the kernel leave out what nobody would get; default true. */
  readonly pushdown?: boolean | undefined;
  /** undefined: processes are not told their pods. */
  readonly pods?: PodStageLimits | undefined;
}

export interface WorkerData {
  readonly options: PipelineOptions;
  readonly shared: SharedArrayBuffer;
  /** Sequence number of the newest event of the worker's predecessor; 0 for the first. */
  readonly sequence: number;
  /** Filters that are in force before the first event. */
  readonly groups: readonly GroupSpec[];
  /** The chain before the first event. */
  readonly plugins: readonly PluginSetup[];
  /** What was kept for plugins before, by name. */
  readonly kept: ReadonlyMap<string, Uint8Array>;
  /** Hooks that are attached already. */
  readonly hooks: readonly HookDescription[];
}

export interface GroupSpec {
  readonly group: number;
  readonly spec: StreamSpec;
}

/** A request that is answered; `id` pairs the two. */
export type Request =
  | { readonly type: "subscribe"; readonly group: number; readonly spec: StreamSpec }
  | { readonly type: "arrange"; readonly setups: readonly PluginSetup[] }
  | { readonly type: "plugins" }
  | { readonly type: "rehearse"; readonly plugin: PreparedPlugin; readonly settings: string }
  | { readonly type: "define"; readonly hooks: readonly HookDescription[] }
  | { readonly type: "forget"; readonly hooks: readonly number[] }
  | { readonly type: "finishAggregation" }
  | { readonly type: "status" }
  | { readonly type: "stop" };

export interface Replies {
  subscribe: undefined;
  arrange: Arranged;
  plugins: readonly ActivePlugin[];
  rehearse: Rehearsal;
  define: undefined;
  forget: undefined;
  finishAggregation: undefined;
  status: PipelineStatus;
  stop: undefined;
}

export type ToWorker =
  | { readonly id: number; readonly request: Request }
  | { readonly type: "unsubscribe"; readonly group: number }
  /** Whether a container runtime can be asked. */
  | { readonly type: "runtime"; readonly isThere: boolean }
  /** Answers a "lookup". */
  | { readonly type: "container"; readonly id: string; readonly answer: LookupAnswer };

export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
}

export type FromWorker =
  | { readonly type: "ready" }
  | ({ readonly type: "frames"; readonly group: number } & Frames)
  /** Asks for a container, by its id. */
  | { readonly type: "lookup"; readonly id: string }
  /** A line of a plugin's log, or what the host has to say of the plugin. */
  | {
      readonly type: "log";
      readonly plugin: string;
      readonly level: string;
      readonly line: string;
    }
  /** What a plugin has the host keep, as it is now: all of it. */
  | { readonly type: "kept"; readonly plugin: string; readonly bytes: Uint8Array }
  /** An event that made a plugin fail all by itself. */
  | { readonly type: "poison"; readonly poison: Poison }
  | { readonly type: "reply"; readonly id: number; readonly value: unknown }
  | { readonly type: "refused"; readonly id: number; readonly error: PlainError }
  /** The source has no more events; `error` says why if it should have had. */
  | {
      readonly type: "end";
      readonly error: PlainError | undefined;
      /** The last counts; undefined if there never was a pipeline. */
      readonly status: PipelineStatus | undefined;
    };
