/** Wires the rooms together: source → pipeline → gRPC. The only place that knows them all. */
import { noSensors, type Sensors } from "./api/sensors.js";
import type { ServerTls } from "./api/tls.js";
import { GuidestarError } from "./errors.js";
import type { ExportConfig, ExportStatus } from "./export/config.js";
import type { MetricsAddress } from "./export/metrics/server.js";
import type { MetricsSources } from "./export/metrics/sources.js";
import type { Logger } from "./log.js";
import { defaultNodeName } from "./options.js";
import { type FirstListener, PipelineHandle } from "./pipeline/handle.js";
import type { SourceInit } from "./pipeline/messages.js";
import type { PluginBudget } from "./plugins/budget.js";
import { LogHub } from "./plugins/logHub.js";
import type { Poison } from "./plugins/poison.js";
import type { PluginSetup } from "./plugins/prepared.js";
import type { SignatureConfig } from "./plugins/signatureCheck.js";
import { type ContainersConfig, endpointsFor } from "./pods/config.js";
import { defaultLimits } from "./pods/limits.js";
import type { Runtimes } from "./pods/runtimes.js";
import { type BaseSensor, loadBase } from "./sensors/base.js";
import { type BuiltInSensor, withBuiltIns } from "./sensors/builtIn.js";
import type { DnsConfig } from "./sensors/dns/openDns.js";
import type { OpenPolicies, PoliciesOptions } from "./sensors/policies/openPolicies.js";
import { type Scope, scopeText } from "./sensors/scope.js";
import { fixedHostNamespaces } from "./source/hostNamespaces.js";
import { parseRecordingSpec } from "./source/recordingSpec.js";
import { queueLimits } from "./stream/queue.js";
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
  /** How often processes are looked for that ended unseen; default 10,000. */
  readonly sweepEveryMs?: number;
  /** Fill `cap` and `ns` of processes. */
  readonly processCred: boolean;
  readonly processNs: boolean;
  /** Which container runtimes tell of pods; undefined: none. */
  readonly containers?: ContainersConfig | undefined;
  /** Fill `ancestors` of execs and exits; default false. */
  readonly ancestors?: boolean;
  /** Have the kernel leave out calls that nobody would get; default true. */
  readonly pushdown?: boolean;
  /**
   * Policies that are there from the start, and that there can be any later; undefined: there will be
   * none. Only if the source is live.
   */
  readonly policies?: PoliciesOptions | undefined;
  /** How DNS is watched, if it is. Only if the source is live. */
  readonly dns?: DnsConfig | undefined;
  readonly log: Logger;
}

export interface DaemonConfig extends PipelineConfig {
  readonly listen: readonly string[];
  readonly tls: ServerTls | undefined;
  /** Allows TCP beyond loopback without TLS. */
  readonly insecure: boolean;
  /** Where plugins are kept; undefined: they are forgotten when the daemon ends. */
  readonly pluginDir?: string | undefined;
  /** Whose plugins are taken; undefined: everybody's. */
  readonly pluginSignatures?: SignatureConfig | undefined;
  /** The most that any plugin gets. */
  readonly pluginCeiling?: PluginBudget | undefined;
  /** Most events that wait for one client; what comes then is lost to it, and counted. */
  readonly eventQueueSize: number;
  /** Events to write to a file; undefined: none. */
  readonly export?: ExportConfig | undefined;
  /** Where metrics are served; undefined: nowhere. */
  readonly metrics?: MetricsAddress | undefined;
}

/** The plugins that a pipeline begins with, and who is told of them. */
export interface PipelinePlugins {
  readonly setups?: readonly PluginSetup[];
  readonly onLog?: (plugin: string, level: string, line: string) => void;
  readonly onPoison?: (poison: Poison) => void;
  /** What was kept for them when a daemon ran last, and who is told when that changes. */
  readonly kept?: ReadonlyMap<string, Uint8Array>;
  readonly onKept?: (plugin: string, bytes: Uint8Array) => void;
}

export interface RunningPipeline {
  readonly pipeline: PipelineHandle;
  /** What is watched beyond processes. */
  readonly sensors: Sensors;
  /** Stops and detaches. What is in the ring by now still reaches the streams. */
  close(): Promise<void>;
}

export interface Daemon extends RunningPipeline {
  /** Where it listens, with real ports. */
  readonly addresses: readonly string[];
  /** Of the export, if there is one. */
  exportStatus(): ExportStatus | undefined;
  /** Where the metrics are, if they are served. */
  readonly metricsUrl: string | undefined;
  /** Opens the file of the export anew, if there is one. */
  reopenExport(): void;
}

/**
 * @param firstListeners those that miss no event
 * @throws GuidestarError in one sentence, with everything undone.
 */
export async function startPipeline(
  config: PipelineConfig,
  firstListeners: readonly FirstListener[] = [],
  plugins: PipelinePlugins = {},
): Promise<RunningPipeline> {
  const { source, scope, log } = config;
  const base = source === "live" ? loadBase({ scope, ringBytes: config.ringBytes }) : undefined;
  let containers: Runtimes | undefined;
  let pipeline: PipelineHandle | undefined;
  let policies: OpenPolicies | undefined;
  let builtIns: readonly BuiltInSensor[] = [];
  const close = async () => {
    for (const sensor of builtIns) await sensor.disable();
    await policies?.close();
    await pipeline?.close();
    containers?.close();
    base?.close();
  };
  try {
    containers = await startRuntimes(config);
    pipeline = await PipelineHandle.start({
      source: sourceInit(source, base),
      scope: base ? scopeText(scope) : "all",
      nodeName: config.nodeName ?? (base && defaultNodeName()),
      processCacheSize: config.processCacheSize,
      sweepEveryMs: config.sweepEveryMs,
      processCred: config.processCred,
      processNs: config.processNs,
      ancestors: config.ancestors ?? false,
      pushdown: config.pushdown ?? true,
      hostNamespaces: base?.hostNamespaces ?? fixedHostNamespaces(),
      firstListeners,
      plugins: plugins.setups ?? [],
      onPoison: plugins.onPoison ?? (() => {}),
      kept: plugins.kept,
      onKept: plugins.onKept,
      pods: containers && { ...defaultLimits, waitMs: config.containers?.waitMs ?? 0 },
      containers,
      onPluginLog: (plugin, level, line) => {
        log[levelOf(level)]({ plugin }, line);
        plugins.onLog?.(plugin, level, line);
      },
      onRestart: (reason) => log.error(`the event pipeline was restarted: ${reason}`),
    });
    policies =
      base &&
      config.policies &&
      (await policiesOn(base, pipeline, {
        ...config.policies,
        containers,
        nodeName: config.nodeName ?? defaultNodeName(),
      }));
    builtIns = base ? await builtInsOn(base, scope, config.dns) : [];
    const sensors = withBuiltIns(policies?.sensors ?? noSensors(), builtIns);
    return { pipeline, sensors, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Loaded when it is needed, as all that reads policies is some thousand lines. */
async function policiesOn(
  base: BaseSensor,
  pipeline: PipelineHandle,
  options: PoliciesOptions,
): Promise<OpenPolicies> {
  const { openPolicies } = await import("./sensors/policies/openPolicies.js");
  return openPolicies(base, pipeline, options);
}

/** They close before the base programs do. */
async function builtInsOn(
  base: BaseSensor,
  scope: Scope,
  dns: DnsConfig | undefined,
): Promise<BuiltInSensor[]> {
  const { openDns } = await import("./sensors/dns/openDns.js");
  const { TestSensor } = await import("./sensors/test/testSensor.js");
  return [await openDns(base, scope, dns), new TestSensor(base)];
}

async function startRuntimes(config: PipelineConfig): Promise<Runtimes | undefined> {
  const { containers, source, scope, log } = config;
  const endpoints = containers ? endpointsFor(containers, source, scope) : [];
  if (endpoints.length === 0) return undefined;
  const { Runtimes } = await import("./pods/runtimes.js");
  return Runtimes.start({ endpoints, log });
}

/** @throws GuidestarError in one sentence, with everything undone. */
export async function startDaemon(config: DaemonConfig): Promise<Daemon> {
  // Loaded here, so that what needs no server (`guidestar run`) starts in two thirds of the time.
  const { startServer } = await import("./api/server.js");
  const { openPlugins } = await import("./plugins/open.js");
  const nodeName = config.nodeName ?? defaultNodeName();
  /** What runs, in the order in which it is closed. */
  const running: { close(): Promise<void> }[] = [];
  const close = async () => {
    for (const part of running) await part.close();
  };
  try {
    const exporter = config.export && (await startExport(config.export, nodeName, config.log));
    if (exporter) running.unshift(exporter);
    const listeners = exporter ? [{ spec: exporter.spec, listener: exporter }] : [];
    const plugins = await openPlugins(config);
    running.unshift(plugins);
    const pluginLogs = new LogHub();
    const pipeline = await startPipeline(config, listeners, {
      setups: plugins.setups(),
      onLog: (plugin, level, line) => pluginLogs.add(plugin, level, line),
      onPoison: (poison) => void plugins.addPoison(poison),
      kept: plugins.kept,
      onKept: (plugin, bytes) => plugins.keep(plugin, bytes),
    });
    running.unshift(pipeline);
    plugins.attach(pipeline.pipeline);
    const exportStatus = () => exporter?.status;
    const server = await startServer({
      listen: config.listen,
      tls: config.tls,
      insecure: config.insecure,
      port: pipeline.pipeline,
      sensors: pipeline.sensors,
      plugins,
      pluginLogs,
      version,
      nodeName,
      queue: queueLimits(config.eventQueueSize),
      exportStatus,
      onFullBuffer: (peer, events) =>
        config.log.warn(
          { events },
          `the stream of ${peer} LOST events: the buffer of its aggregation is full (aggregation_options.channel_buffer_size)`,
        ),
    });
    running.unshift(server);
    const metrics =
      config.metrics &&
      (await startMetrics(config.metrics, {
        version,
        port: pipeline.pipeline,
        refusedUploads: () => plugins.refusedUploads,
        policies: () => pipeline.sensors.status(),
        streams: () => server.streams(),
        exportStatus,
        processCacheSize: config.processCacheSize,
      }));
    if (metrics) running.unshift(metrics);
    return {
      pipeline: pipeline.pipeline,
      sensors: pipeline.sensors,
      addresses: server.addresses,
      exportStatus,
      metricsUrl: metrics?.url,
      reopenExport: () => exporter?.reopen(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Loaded only where it is asked for. */
async function startExport(config: ExportConfig, nodeName: string, log: Logger) {
  const { Exporter } = await import("./export/exporter.js");
  return Exporter.start({ config, nodeName, log });
}

async function startMetrics(address: MetricsAddress, sources: MetricsSources) {
  const { createMetrics } = await import("./export/metrics/metrics.js");
  const { serveMetrics } = await import("./export/metrics/server.js");
  return serveMetrics(address, createMetrics(sources));
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
  if (level === "warning") return "warn";
  return level === "debug" || level === "warn" || level === "error" ? level : "info";
}
