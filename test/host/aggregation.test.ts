import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { toNumber } from "../../host/api/numbers.js";
import type { ExportConfig } from "../../host/export/config.js";
import type { HookDescription } from "../../host/policy/hookSpec.js";
import type { fgs } from "../../proto/generated/api.js";
import { collect, startTestDaemon, temporaryFolder } from "../support/daemon.js";
import { writeSyntheticRecording } from "../support/syntheticRecording.js";
import { until } from "./api/harness.js";

type Event = fgs.GetEventsResponse;

const args = [{ type: "s32", index: 0 }] as const;
const hooks: HookDescription[] = [
  { hook: 3, policy: "a", kind: "syscall", functionName: "__x64_sys_write", args, tags: [] },
  {
    ...{ hook: 5, policy: "b", kind: "tracepoint", args, tags: [] },
    ...{ subsystem: "sched", functionName: "sched_switch" },
  },
];
const windowSize = { window_size: { seconds: 1 } };

/** Processes of seven programs; a millisecond between two records, so that there are several windows. */
function recording(t: TestContext, processes = 500, stepNs = 1_000_000): string {
  const file = path.join(temporaryFolder(t), "some.rec");
  writeSyntheticRecording(file, { processes, hooks, stepNs, binary: (i) => `/bin/tool-${i % 7}` });
  return file;
}

const timeNs = ({ time }: Event) =>
  BigInt(toNumber(time?.seconds)) * 1_000_000_000n + BigInt(time?.nanos ?? 0);
const countOf = (event: Event) => toNumber(event.aggregation_info?.count);
const sum = (events: readonly Event[]) => events.reduce((all, event) => all + countOf(event), 0);

/** What README.md says of these types, from what clients see. */
function keyOf(event: Event): string {
  const { process_exec, process_exit, process_kprobe, process_tracepoint } = event;
  if (process_exec) return `exec ${process_exec.parent?.exec_id} ${process_exec.process?.binary}`;
  if (process_exit) {
    const { process, status, signal } = process_exit;
    return `exit ${process?.binary} ${status} ${signal}`;
  }
  const call = process_kprobe ?? process_tracepoint;
  return `call ${event.event} ${call?.process?.exec_id}`;
}

/** First event and count of each window and key, in the order in which they must come. */
function aggregated(events: readonly Event[]) {
  const windows = new Map<bigint, Map<string, [sequence: number, count: number]>>();
  for (const event of events) {
    const window = timeNs(event) / 1_000_000_000n;
    const keys = windows.get(window) ?? new Map<string, [number, number]>();
    windows.set(window, keys);
    const known = keys.get(keyOf(event));
    if (known) known[1]++;
    else keys.set(keyOf(event), [toNumber(event.sequence), 1]);
  }
  return [...windows.values()].flatMap((keys) => [...keys.values()]);
}

test("each window's events that are alike become the first of them, with their number", async (t) => {
  const { connect } = await startTestDaemon(t, { source: `recording:${recording(t)}?speed=max` });
  const { sensors } = await connect();
  // The second may miss the first events.
  const [plain, one] = await Promise.all([
    collect(sensors.getEvents()),
    collect(sensors.getEvents({ aggregation_options: windowSize })),
  ]);
  const from = timeNs(one[0] as Event);
  const seen = plain.filter((event) => timeNs(event) >= from);
  assert.ok(seen.length > 1000, `${seen.length} events`);
  assert.deepEqual(
    one.map((event) => [toNumber(event.sequence), countOf(event)]),
    aggregated(seen),
  );
  assert.equal(sum(one), seen.length);
  assert.ok(one.every(({ lost }) => lost == null));
  const byTime = new Map(plain.map((event) => [toNumber(event.sequence), timeNs(event)]));
  for (const event of one) assert.equal(timeNs(event), byTime.get(toNumber(event.sequence)));
});

test("what a full buffer drops is told on the stream, at its end and in the status", async (t) => {
  const source = `recording:${recording(t)}?speed=max&repeat=1`;
  const { connect } = await startTestDaemon(t, { source });
  const client = await connect();
  const stream = client.sensors.getEvents({
    aggregation_options: { ...windowSize, channel_buffer_size: 5 },
  });
  const events = await collect(stream);
  const lost = events.reduce((all, event) => all + toNumber(event.lost?.aggregation), 0);
  const { pipeline } = await client.node.getStatus();
  assert.ok(lost > 300, `${lost} lost`);
  assert.equal(sum(events) + lost, toNumber(pipeline?.seen));
  assert.deepEqual(await stream.losses, { slowClient: 0, ring: 0, aggregation: lost });
});

test("filters come before, fields after; two streams are counted each for itself", async (t) => {
  const { connect } = await startTestDaemon(t, { source: `recording:${recording(t)}?speed=max` });
  const { sensors } = await connect();
  const request = {
    allow_list: [{ event_set: [5], binary_regex: ["tool-3"] }],
    field_filters: [{ fields: { paths: ["process.binary"] }, action: 0 }],
    aggregation_options: { window_size: { seconds: 3600 } },
  };
  const both = await Promise.all([1, 2].map(() => collect(sensors.getEvents(request))));
  for (const events of both) {
    assert.equal(events[0]?.process_exec?.process?.binary, "/bin/tool-3");
    assert.equal(events[0]?.process_exec?.parent ?? null, null);
    assert.ok(events.length <= 2 && sum(events) > 0 && sum(events) <= 72, `${sum(events)}`);
  }
});

test("a window that is over goes out although no event comes", async (t) => {
  const file = recording(t, 10, 60_000_000_000);
  const { connect } = await startTestDaemon(t, { source: `recording:${file}` });
  const { sensors } = await connect();
  const events = await collect(
    sensors.getEvents({ aggregation_options: { window_size: { nanos: 100e6 } } }),
    () => true,
  );
  assert.deepEqual(events.map(keyOf), ["exec undefined /bin/bash"]);
});

test("a daemon that stops sends its clients what their windows hold", async (t) => {
  const file = path.join(temporaryFolder(t), "some.rec");
  // The recording begins with the first stream; what both show comes when the second is there, too.
  const binary = (i: number) => (i < 300 ? "/bin/early" : `/bin/late-${i % 5}`);
  writeSyntheticRecording(file, { processes: 5000, hooks, binary });
  const { daemon, connect } = await startTestDaemon(t, { source: `recording:${file}?rate=1000` });
  const { sensors } = await connect();
  const allow_list = [{ binary_regex: ["late"] }];
  const aggregation_options = { window_size: { seconds: 3600 } };
  const streams = [
    sensors.getEvents({ allow_list }),
    sensors.getEvents({ allow_list, aggregation_options }),
  ];
  const events: Event[][] = [[], []];
  const ends = streams.map(async (stream, i) => {
    for await (const event of stream) events[i]?.push(event);
  });
  const ended = Promise.allSettled(ends);
  await until(() => (events[0]?.length ?? 0) >= 300, 60_000);
  assert.equal(events[1]?.length, 0);
  await daemon.close();
  for (const end of await ended) {
    assert.equal(end.status, "rejected");
    assert.match(String(end.reason), /the daemon is stopping/);
  }
  assert.equal(sum(events[1] ?? []), events[0]?.length);
});

test("a daemon that stops writes what the windows of its export hold", async (t) => {
  const file = path.join(temporaryFolder(t), "events.json");
  const aggregation = { windowNs: 3_600_000_000_000n, mostKeys: 1_000_000 };
  const { daemon } = await startTestDaemon(t, {
    source: `recording:${recording(t, 5000)}?rate=3000`,
    export: exportTo(file, aggregation),
  });
  for (let seen = 0; seen < 500; ) ({ seen } = await daemon.pipeline.status());
  await daemon.close();
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const counts = lines.map((line) => Number(JSON.parse(line).aggregation_info.count));
  const { seen } = await daemon.pipeline.status();
  assert.equal(
    counts.reduce((all, count) => all + count, 0),
    seen,
  );
  assert.ok(lines.length < seen, `${lines.length} lines for ${seen} events`);
});

function exportTo(file: string, aggregation: ExportConfig["spec"]["aggregation"]): ExportConfig {
  return {
    ...{ file, spec: { allow: [], deny: [], aggregation }, maxFileBytes: 1 << 30 },
    ...{ rotationIntervalMs: undefined, maxBackups: 0, compress: false, mode: 0o600 },
    ...{ ratePerMinute: -1, queue: { events: 100_000, bytes: 64 << 20 } },
  };
}
