import type { Poison } from "../plugins/poison.js";
import type { PluginSetup } from "../plugins/prepared.js";
import type { ContainerLookup } from "../pods/answer.js";
import type { StreamSpec } from "../stream/filterSpec.js";
import type { PipelineOptions } from "./messages.js";
import type { FeedListener } from "./port.js";

export interface PipelineHandleOptions extends PipelineOptions {
  /** A worker that has not gone round its loop for so long is replaced. Default 15,000. */
  readonly watchdogMs?: number;
  /** Told of a worker that was replaced, and why. */
  readonly onRestart?: (reason: string) => void;
  /** Told each line of a plugin's log. */
  readonly onPluginLog?: (plugin: string, level: string, line: string) => void;
  /** Subscribed before the first event, so that they miss none. */
  readonly firstListeners?: readonly FirstListener[];
  /** Told of each event that made a plugin fail all by itself. */
  readonly onPoison?: (poison: Poison) => void;
  /** What was kept for plugins before, by name. Default: nothing. */
  readonly kept?: ReadonlyMap<string, Uint8Array> | undefined;
  /** Told what a plugin has the host keep, every few seconds in which it has changed. */
  readonly onKept?: ((plugin: string, bytes: Uint8Array) => void) | undefined;
  /** The plugin chain before the first event. Default: none. */
  readonly plugins?: readonly PluginSetup[];
  /** Who is asked for containers; with `pods`. Not closed by the pipeline. */
  readonly containers?: ContainerLookup | undefined;
  /** Another worker module, for tests. */
  readonly workerUrl?: URL;
}

export interface FirstListener {
  readonly spec: StreamSpec;
  readonly listener: FeedListener;
}

/** Functions and URLs cannot be sent to a worker. */
export function plainOptions(options: PipelineHandleOptions): PipelineOptions {
  const {
    watchdogMs: _w,
    onRestart: _r,
    onPluginLog: _p,
    workerUrl: _u,
    containers: _c,
    firstListeners: _f,
    plugins: _s,
    kept: _k,
    onKept: _t,
    onPoison: _o,
    ...plain
  } = options;
  return plain;
}
