import assert from "node:assert/strict";
import { get } from "node:http";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { createMetrics } from "../../../../host/export/metrics/metrics.js";
import { parseMetricsAddress, serveMetrics } from "../../../../host/export/metrics/server.js";
import type { MetricsSources } from "../../../../host/export/metrics/sources.js";
import type { ActivePlugin } from "../../../../host/plugins/prepared.js";
import { nothingCounted } from "../../../../host/sensors/policies/status.js";
import { FakePort } from "../../api/fakePort.js";
import { parseExposition } from "./exposition.js";

function pluginOf(name: string, more: Partial<ActivePlugin> = {}): ActivePlugin {
  const counts = {
    ...{ seen: 9, kept: 5, dropped: 3, annotated: 2, failed: 1, timeNs: 5e8, fuel: 77 },
    ...{ emitted: 4, findings: 6, patched: 0, withheld: 1 },
  };
  return {
    ...{ name, version: "0123456789abcdef".repeat(4), manifestVersion: "1", description: "" },
    ...{ size: 1, uploadedMs: 0, firstSequence: 1, counts, failure: "", settings: "{}" },
    ...{ mode: "enforce", failurePolicy: "open" },
    ...more,
  };
}

function sourcesOf(port = new FakePort(), more: Partial<MetricsSources> = {}): MetricsSources {
  return {
    version: "1.2.3",
    port,
    refusedUploads: () => ({ signature: 3 }),
    streams: () => ({ open: 2, queued: 5, sent: 100, lost: 7, lostAggregation: 8 }),
    exportStatus: () => undefined,
    processCacheSize: 65536,
    ...more,
  };
}

const scrape = async (sources: MetricsSources, options = { withProcess: false }) =>
  parseExposition(await createMetrics(sources, options).scrape());

test("every count is shown under the name that is known, with a type and a help text", async () => {
  const port = new FakePort();
  port.chain.push(pluginOf("quiet"), pluginOf("broken", { failure: "too often" }));
  const exported = { file: "f", written: 50, bytes: 5000, queued: 3, rotations: 2, failure: "no" };
  const lost = { lostQueueFull: 4, lostWriteFailed: 5, rateLimited: 6, lostAggregation: 9 };
  const { value, types, samples } = await scrape(
    sourcesOf(port, { exportStatus: () => ({ ...exported, ...lost }) }),
  );
  const expected: [string, Record<string, string>, number][] = [
    ["build_info", { version: "1.2.3", node_version: process.version }, 1],
    ["pipeline_up", {}, 1],
    ["events_total", { type: "PROCESS_EXEC" }, 6],
    ["events_total", { type: "PROCESS_EXIT" }, 4],
    ["events_total", { type: "PROCESS_KPROBE" }, 0],
    ["pipeline_events_total", { outcome: "kept" }, 7],
    ["pipeline_events_total", { outcome: "dropped" }, 3],
    ["records_total", {}, 12],
    ["records_malformed_total", {}, 0],
    ["records_unknown_hook_total", {}, 0],
    ["dns_messages_total", { state: "whole" }, 7],
    ["dns_messages_total", { state: "malformed" }, 2],
    ["dns_streams_given_up_total", {}, 1],
    ["dns_names", {}, 3],
    ["policy_events_total", { policy: "watch", hook: "tcp_connect", type: "PROCESS_KPROBE" }, 7],
    [
      "policy_events_elsewhere_total",
      { policy: "watch", hook: "tcp_connect", type: "PROCESS_KPROBE" },
      3,
    ],
    [
      "policy_events_total",
      { policy: "guard", hook: "sched/sched_switch", type: "PROCESS_TRACEPOINT" },
      5,
    ],
    ["observer_ringbuf_events_lost_total", {}, 1],
    ["observer_ringbuf_process_events_lost_total", {}, 0],
    ["process_table_full_total", {}, 0],
    ["kernel_read_failed_total", {}, 0],
    ["process_cache_size", {}, 5],
    ["process_cache_capacity", {}, 65536],
    ["process_cache_misses_total", {}, 1],
    ["process_cache_evictions_total", {}, 0],
    ["process_cache_completed_total", {}, 2],
    ["process_cache_swept_total", {}, 3],
    ["process_table_swept_total", {}, 4],
    ["streams", {}, 2],
    ["stream_queued_events", {}, 5],
    ["stream_events_sent_total", {}, 100],
    ["notify_overflowed_events_total", {}, 7],
    ["stream_aggregation_dropped_events_total", {}, 8],
    ["plugin_uploads_refused_total", { reason: "signature" }, 3],
    ["plugins", {}, 2],
    ["plugin_up", { plugin: "quiet", version: "0123456789ab" }, 1],
    ["plugin_up", { plugin: "broken", version: "0123456789ab" }, 0],
    ["plugin_events_seen_total", { plugin: "quiet" }, 9],
    ["plugin_events_kept_total", { plugin: "quiet" }, 5],
    ["plugin_events_dropped_total", { plugin: "quiet" }, 3],
    ["plugin_events_annotated_total", { plugin: "quiet" }, 2],
    ["plugin_events_failed_total", { plugin: "quiet" }, 1],
    ["plugin_events_withheld_total", { plugin: "quiet" }, 1],
    ["plugin_events_emitted_total", { plugin: "quiet" }, 4],
    ["plugin_findings_total", { plugin: "quiet" }, 6],
    ["plugin_events_patched_total", { plugin: "quiet" }, 0],
    ["plugin_seconds_total", { plugin: "quiet" }, 0.5],
    ["plugin_fuel_total", { plugin: "quiet" }, 77],
    ["export_events_total", {}, 50],
    ["export_bytes_total", {}, 5000],
    ["export_queued_events", {}, 3],
    ["export_events_dropped_total", { reason: "queue_full" }, 4],
    ["export_events_dropped_total", { reason: "write_failed" }, 5],
    ["export_events_dropped_total", { reason: "rate_limited" }, 6],
    ["export_events_dropped_total", { reason: "aggregation_full" }, 9],
    ["export_rotations_total", {}, 2],
    ["export_failing", {}, 1],
  ];
  for (const [name, labels, wanted] of expected)
    assert.equal(value(`guidestar_${name}`, labels), wanted, name);
  for (const { name } of samples) {
    assert.equal(types.get(name), name.endsWith("_total") ? "counter" : "gauge", name);
    assert.ok(
      expected.some(([known]) => name === `guidestar_${known}`),
      `${name} is not tested`,
    );
  }
});

test("what goes takes its series with it, and many plugins do not become many series", async () => {
  const port = new FakePort();
  const metrics = createMetrics(sourcesOf(port), { withProcess: false });
  port.chain.push(...Array.from({ length: 250 }, (_, i) => pluginOf(`p${i}`)));
  const many = parseExposition(await metrics.scrape());
  assert.equal(many.value("guidestar_plugins"), 250);
  assert.equal(many.samples.filter(({ labels }) => labels.plugin).length, 100 * 12);
  port.chain.splice(1);
  const one = parseExposition(await metrics.scrape());
  assert.equal(one.samples.filter(({ labels }) => labels.plugin).length, 12);
  const again = parseExposition(await metrics.scrape());
  assert.deepEqual(again.samples, one.samples, "a counter that is shown again is not added up");
});

test("without an export there are no series of it", async () => {
  const { samples } = await scrape(sourcesOf());
  assert.ok(!samples.some(({ name }) => name.startsWith("guidestar_export")));
});

test("the process itself is shown too: CPU time, memory, event loop lag", async () => {
  const { value } = await scrape(sourcesOf(), { withProcess: true });
  assert.ok(value("process_resident_memory_bytes") > 10e6);
  assert.ok(value("process_cpu_seconds_total") > 0);
  assert.ok(value("nodejs_eventloop_lag_seconds") >= 0);
});

test("a pipeline that does not answer is shown as down, with the numbers it had", async () => {
  const port = new FakePort();
  const metrics = createMetrics(sourcesOf(port), { withProcess: false, withinMs: 20 });
  await metrics.scrape();
  port.status = () => new Promise(() => {});
  const hung = parseExposition(await metrics.scrape());
  assert.equal(hung.value("guidestar_pipeline_up"), 0);
  assert.equal(hung.value("guidestar_records_total"), 12);
  port.status = () => Promise.reject(new Error("restarted"));
  assert.equal(parseExposition(await metrics.scrape()).value("guidestar_pipeline_up"), 0);
});

test("scrapes at the same time each get a whole answer", async () => {
  const metrics = createMetrics(sourcesOf(), { withProcess: false });
  const texts = await Promise.all(Array.from({ length: 20 }, () => metrics.scrape()));
  assert.equal(new Set(texts).size, 1);
});

async function served(t: TestContext) {
  const metrics = createMetrics(sourcesOf(), { withProcess: false });
  const server = await serveMetrics(parseMetricsAddress("0"), metrics);
  t.after(() => server.close());
  return server;
}

test("the server answers at /metrics, on loopback unless it is told otherwise, and says what is wrong", async (t) => {
  const { url } = await served(t);
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  const good = await fetch(`${url}?x=1`);
  assert.equal(good.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(parseExposition(await good.text()).value("guidestar_pipeline_up"), 1);
  const of = async (path: string, method = "GET") =>
    (await fetch(new URL(path, url), { method })).status;
  assert.deepEqual(
    [await of("/"), await of("/x"), await of("/metrics", "POST"), await of("/metrics", "HEAD")],
    [200, 404, 405, 200],
  );
});

test("closing does not wait for clients that hang", async (t) => {
  const server = await served(t);
  const request = get(server.url, { agent: false });
  request.on("error", () => {});
  await new Promise((resolve) => request.on("response", resolve));
  await server.close();
  await assert.rejects(fetch(server.url));
});

test("an address is read or refused in one sentence", async (t) => {
  assert.deepEqual(parseMetricsAddress(":2112"), { kind: "tcp", host: "127.0.0.1", port: 2112 });
  assert.deepEqual(parseMetricsAddress("0.0.0.0:1"), { kind: "tcp", host: "0.0.0.0", port: 1 });
  assert.deepEqual(parseMetricsAddress("[::1]:1"), { kind: "tcp", host: "::1", port: 1 });
  for (const text of ["", "x", "99999", "unix:///x", "1.2.3.4"])
    assert.throws(() => parseMetricsAddress(text), /^GuidestarError: --metrics-server/);
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  await assert.rejects(serveMetrics(parseMetricsAddress(`${port}`), createMetrics(sourcesOf())), {
    message: `cannot serve metrics at 127.0.0.1:${port}: another program has that port; choose another with --metrics-server`,
  });
});

test("policies have a series each, and each of their hooks", async () => {
  const numbers = { ...nothingCounted, calls: 9, filtered: 4, posted: 5, runs: 12, timeNs: 3e9 };
  const hook = {
    name: "fd_install",
    kind: "function",
    mechanism: "fentry",
    memoryBytes: 800,
  } as const;
  const moves = { name: "moves", enabled: true, mode: "monitor", namespace: "" } as const;
  const policies = [
    {
      ...moves,
      hooks: [
        { ...numbers, ...hook },
        { ...numbers, ...hook },
      ],
    },
    { ...moves, name: "idle", enabled: false, hooks: [] },
  ];
  const { value } = await scrape(sourcesOf(new FakePort(), { policies: () => policies }));
  const labels = { policy: "moves", hook: "fd_install" };
  assert.equal(value("guidestar_policy_enabled", { policy: "moves", mode: "monitor" }), 1);
  assert.equal(value("guidestar_policy_enabled", { policy: "idle", mode: "monitor" }), 0);
  assert.equal(value("guidestar_policy_hook_calls_total", labels), 18);
  assert.equal(value("guidestar_policy_hook_filtered_total", labels), 8);
  assert.equal(value("guidestar_policy_hook_posted_total", labels), 10);
  assert.equal(value("guidestar_policy_hook_seconds_total", labels), 6);
  assert.equal(value("guidestar_policy_hook_memory_bytes", labels), 1600);
});
