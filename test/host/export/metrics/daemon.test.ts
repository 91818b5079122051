/** Metrics of a real daemon, held against what it tells over gRPC. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { toNumber } from "../../../../host/api/numbers.js";
import { collect, startTestDaemon, temporaryFolder } from "../../../support/daemon.js";
import { writeSyntheticRecording } from "../../../support/syntheticRecording.js";
import { until } from "../../api/harness.js";
import { configOf } from "../harness.js";
import { parseExposition } from "./exposition.js";

const noise = fileURLToPath(
  new URL("../../../../plugins/examples/package-noise.wasm", import.meta.url),
);

test("a scrape says what Node.GetStatus says", async (t) => {
  const folder = temporaryFolder(t);
  const recording = path.join(folder, "some.rec");
  const processes = 2500;
  const binary = (i: number) => (i % 2 === 0 ? "/usr/bin/dpkg" : "/usr/bin/tool");
  writeSyntheticRecording(recording, { processes, binary });
  const { daemon, connect } = await startTestDaemon(t, {
    // Long enough for the upload to come in the middle of it on a busy machine too.
    source: `recording:${recording}?rate=700`,
    export: configOf(path.join(folder, "events.json"), {
      ratePerMinute: 500,
      maxFileBytes: 100_000,
    }),
    metrics: { host: "127.0.0.1", port: 0 },
  });
  const client = await connect();
  const stream = client.sensors.getEvents();
  const collecting = collect(stream);
  await client.plugins.upload(readFileSync(noise));
  const events = await collecting;
  const { pipeline, ...status } = await client.node.getStatus();
  const exported = () => daemon.exportStatus();
  await until(() => exported()?.queued === 0);
  const plugins = await client.plugins.list();
  const { value, samples } = parseExposition(await (await fetch(daemon.metricsUrl ?? "")).text());
  const of = (name: string, labels = {}) => value(`guidestar_${name}`, labels);

  const total = samples.filter(({ name }) => name === "guidestar_events_total");
  assert.equal(
    total.reduce((sum, sample) => sum + sample.value, 0),
    toNumber(pipeline?.seen),
  );
  assert.equal(of("events_total", { type: "PROCESS_EXEC" }), processes + 1);
  assert.equal(of("events_total", { type: "PROCESS_EXIT" }), processes);
  assert.equal(of("pipeline_events_total", { outcome: "kept" }), toNumber(pipeline?.kept));
  assert.equal(of("pipeline_events_total", { outcome: "dropped" }), toNumber(pipeline?.dropped));
  assert.ok(toNumber(pipeline?.dropped) > 0, "the plugin dropped something");
  assert.equal(of("records_total"), toNumber(pipeline?.records));
  assert.equal(of("process_cache_size"), toNumber(status.process_cache?.size));
  assert.equal(of("process_cache_misses_total"), toNumber(status.process_cache?.misses));
  assert.equal(of("process_cache_capacity"), 65536);
  assert.equal(of("stream_events_sent_total"), events.length);
  const [plugin] = plugins;
  const labels = { plugin: "package-noise", version: plugin?.version?.slice(0, 12) ?? "" };
  assert.equal(of("plugin_events_seen_total", labels), toNumber(plugin?.counts?.seen));
  assert.equal(of("plugin_events_dropped_total", labels), toNumber(plugin?.counts?.dropped));

  const { file_export: file } = await client.node.getStatus();
  assert.equal(of("export_events_total"), toNumber(file?.written));
  assert.equal(of("export_bytes_total"), toNumber(file?.bytes));
  assert.equal(of("export_rotations_total"), toNumber(file?.rotations));
  assert.ok(toNumber(file?.rotations) > 0);
  assert.equal(
    of("export_events_dropped_total", { reason: "rate_limited" }),
    toNumber(file?.rate_limited),
  );
  assert.ok(toNumber(file?.rate_limited) > 0);
  assert.equal(toNumber(file?.written) + toNumber(file?.rate_limited), toNumber(pipeline?.kept));
  await daemon.close();
});
