/** What the daemon shows to Prometheus. */
import { collectDefaultMetrics, Registry } from "prom-client";
import { instrument } from "./instruments.js";
import { pipelineMetrics } from "./pipelineMetrics.js";
import { pluginMetrics } from "./pluginMetrics.js";
import { policyMetrics } from "./policyMetrics.js";
import type { MetricsSources } from "./sources.js";
import { exportMetrics, streamMetrics } from "./streamMetrics.js";

export interface Metrics {
  readonly contentType: string;
  /** All metrics as they are now, in Prometheus' text format. Calls are answered one after another. */
  scrape(): Promise<string>;
}

/** A pipeline that does not answer within this is shown as down, with the numbers it had. */
const answerWithinMs = 3000;

/** @param withProcess also what Node tells of the process: CPU time, memory, event loop lag */
export function createMetrics(
  sources: MetricsSources,
  { withProcess = true, withinMs = answerWithinMs } = {},
): Metrics {
  const registry = new Registry();
  if (withProcess) collectDefaultMetrics({ register: registry });
  const info = instrument(registry, "gauge", "build_info", "Always 1", ["version", "node_version"]);
  const up = instrument(registry, "gauge", "pipeline_up", "1 if the event pipeline answers");
  const showPipeline = pipelineMetrics(registry, sources.processCacheSize);
  const showPlugins = pluginMetrics(registry);
  const showPolicies = policyMetrics(registry);
  const showStreams = streamMetrics(registry);
  const showExport = sources.exportStatus() && exportMetrics(registry);
  const refused = instrument(
    registry,
    "counter",
    "plugin_uploads_refused_total",
    "Uploads of plugins that were refused",
    ["reason"],
  );
  info([[{ version: sources.version, node_version: process.version }, 1]]);

  const scrape = async () => {
    const asked = Promise.all([sources.port.status(), sources.port.plugins()]);
    const answer = await within(asked, withinMs).catch(() => undefined);
    up(answer ? 1 : 0);
    if (answer) {
      showPipeline(answer[0]);
      showPlugins(answer[1]);
    }
    showPolicies(sources.policies?.() ?? []);
    const byReason = Object.entries(sources.refusedUploads?.() ?? {});
    refused(byReason.map(([reason, uploads]) => [{ reason }, uploads] as const));
    showStreams(sources.streams());
    const status = sources.exportStatus();
    if (status) showExport?.(status);
    return registry.metrics();
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    contentType: registry.contentType,
    scrape: () => {
      // Two at a time would show a mixture.
      const result = last.then(scrape);
      last = result.catch(() => {});
      return result;
    },
  };
}

function within<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer")), ms);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
