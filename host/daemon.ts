/** Wires the rooms together: source → pipeline → gRPC. The only place that knows them all. */
import type { RunningServer } from "./api/server.js";
import type { ServerTls } from "./api/tls.js";
import { GuidestarError } from "./errors.js";
import type { Logger } from "./log.js";
import { defaultNodeName } from "./options.js";
import { PipelineHandle } from "./pipeline/handle.js";
import type { SourceInit } from "./pipeline/messages.js";
import { type BaseSensor, loadBase } from "./sensors/base.js";
import { type Scope, scopeText } from "./sensors/scope.js";
import { fixedHostNamespaces } from "./source/hostNamespaces.js";
import { parseRecordingSpec } from "./source/recordingSpec.js";
import { defaultQueueLimits } from "./stream/queue.js";
import { version } from "./version.js";

export interface PipelineConfig {
  /** `live`, or `recording:FILE` with options as `parseRecordingSpec` reads them. */
  readonly source: string;
  /** What is traced, if the source is live. */
  readonly scope: Scope;
  /** Name of this node in events; undefined: the recording's, or else `defaultNodeName()`. */
  readonly nodeName: string | undefined;
  /** Bytes of the kernel's ring. */
  readonly ringBytes: number;
  /** Most live processes remembered. */
  readonly processCacheSize: number;
  /** Fill `cap` and `ns` of processes. */
  readonly processCred: boolean;
  readonly processNs: boolean;
  /** Fill `ancestors` of execs and exits; default false. */
  readonly ancestors?: boolean;
  readonly log: Logger;
}

export interface DaemonConfig extends PipelineConfig {
  readonly listen: readonly string[];
  readonly tls: ServerTls | undefined;
  /** Allows TCP beyond loopback without TLS. */
  readonly insecure: boolean;
  /** Most events that wait for one client; what comes then is lost to it, and counted. */
  readonly eventQueueSize: number;
}

export interface RunningPipeline {
  readonly pipeline: PipelineHandle;
  /** Stops and detaches. What is in the ring by now still reaches the streams. */
  close(): Promise<void>;
}

export interface Daemon extends RunningPipeline {
  /** Where it listens, with real ports. */
  readonly addresses: readonly string[];
}

/** @throws GuidestarError in one sentence, with everything undone. */
export async function startPipeline(config: PipelineConfig): Promise<RunningPipeline> {
  const { source, scope, log } = config;
  const base = source === "live" ? loadBase({ scope, ringBytes: config.ringBytes }) : undefined;
  try {
    const pipeline = await PipelineHandle.start({
      source: sourceInit(source, base),
      scope: base ? scopeText(scope) : "all",
      nodeName: config.nodeName ?? (base && defaultNodeName()),
      processCacheSize: config.processCacheSize,
      processCred: config.processCred,
      processNs: config.processNs,
      ancestors: config.ancestors ?? false,
      hostNamespaces: base?.hostNamespaces ?? fixedHostNamespaces(),
      onPluginLog: (plugin, level, line) => log[levelOf(level)]({ plugin }, line),
      onRestart: (reason) => log.error(`the event pipeline was restarted: ${reason}`),
    });
    const close = async () => {
      await pipeline.close();
      base?.close();
    };
    return { pipeline, close };
  } catch (error) {
    base?.close();
    throw error;
  }
}

/** @throws GuidestarError in one sentence, with everything undone. */
export async function startDaemon(config: DaemonConfig): Promise<Daemon> {
  // Loaded here, so that what needs no server (`guidestar run`) starts in two thirds of the time.
  const { startServer } = await import("./api/server.js");
  const { prepare } = await import("./plugins/validate.js");
  const running = await startPipeline(config);
  let server: RunningServer;
  try {
    server = await startServer({
      listen: config.listen,
      tls: config.tls,
      insecure: config.insecure,
      port: running.pipeline,
      prepare: (module, { name }) => prepare(module, name === undefined ? {} : { name }),
      version,
      nodeName: config.nodeName ?? defaultNodeName(),
      queue: { ...defaultQueueLimits, events: config.eventQueueSize },
    });
  } catch (error) {
    await running.close();
    throw error;
  }
  const close = async () => {
    await server.close();
    await running.close();
  };
  return { pipeline: running.pipeline, addresses: server.addresses, close };
}

function sourceInit(source: string, base: BaseSensor | undefined): SourceInit {
  if (base) return { kind: "live", live: base.source };
  if (source.startsWith("recording:"))
    return { kind: "recording", spec: parseRecordingSpec(source) };
  throw new GuidestarError(
    "INVALID_ARGUMENT",
    `--source takes live or recording:FILE, not ${source}`,
  );
}

function levelOf(level: string): "debug" | "info" | "warn" | "error" {
  return level === "debug" || level === "warn" || level === "error" ? level : "info";
}
