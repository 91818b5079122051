/** Every type of event reaches everything that shows, chooses, judges or keeps events. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { toStreamSpec } from "../../host/api/eventsRequest.js";
import { toNumber } from "../../host/api/numbers.js";
import { compactLine, type Event } from "../../host/cli/compact.js";
import { localFilter } from "../../host/cli/getevents/localFilter.js";
import { paintFor } from "../../host/cli/text/paint.js";
import { EventType } from "../../host/events/model.js";
import type { ExportConfig } from "../../host/export/config.js";
import { Exporter } from "../../host/export/exporter.js";
import { fromJson, toJson } from "../../host/json/protojson.js";
import { createLogger } from "../../host/log.js";
import { PipelineHandle } from "../../host/pipeline/handle.js";
import type { Frames } from "../../host/pipeline/port.js";
import { eventTypesByName } from "../../host/plugins/manifest.js";
import { prepare } from "../../host/plugins/validate.js";
import type { HookDescription } from "../../host/policy/hookSpec.js";
import { formatHeader } from "../../host/source/recordingFormat.js";
import { parseRecordingSpec } from "../../host/source/recordingSpec.js";
import { offsetOf } from "../../host/source/recordLayout.js";
import { fgs } from "../../proto/generated/api.js";
import { extismModule } from "../plugins/extism/modules.js";
import { collect, startTestDaemon, temporaryFolder } from "../support/daemon.js";
import { headerLayout } from "../support/headerLayout.js";
import { RecordMaker } from "../support/records.js";
import { message } from "./dns/packets.js";
import { compilePlugin } from "./plugins/testPlugin.js";

const make = new RecordMaker(headerLayout());
const who = { "header.pid": 20, "header.key_ns": 5_000_000, "header.tid": 20 };
const at = (ms: number) => ({ ...who, "header.time_ns": ms * 1_000_000 });
const times = 3;
const hook = (number: number, more: Partial<HookDescription>): HookDescription => ({
  ...{ hook: number, policy: "p", kind: "function", functionName: "f", args: [], tags: [] },
  ...more,
});
const call = hook(1, {});
const traced = hook(2, { kind: "tracepoint", subsystem: "s" });

interface Case {
  /** What a recording holds that makes one such event; undefined: a plugin makes it of others. */
  readonly records: ((n: number) => readonly Buffer[]) | undefined;
  /** The name that plugins choose it by; undefined: they are not asked about it. */
  readonly manifestName: string | undefined;
  /** The start of its compact line. */
  readonly compact: string;
}

/** A new type of event is not known to all until it is in here: without it this does not compile. */
const cases: Readonly<Record<keyof typeof EventType, Case>> = {
  EXEC: {
    records: (n) => [make.exec(at(10 + n), { binary: "/bin/it", cwd: "/", argv: ["it"] })],
    manifestName: "exec",
    compact: "🚀 process node /bin/it",
  },
  EXIT: {
    records: (n) => [make.exit({ ...at(90 + n), "header.pid": 30 + n })],
    manifestName: "exit",
    compact: "💥 exit    node",
  },
  KPROBE: {
    records: (n) => [make.hook({ ...at(20 + n), hook: 1, actions: 1 })],
    manifestName: "kprobe",
    compact: "⁉️ syscall node /bin/it f",
  },
  TRACEPOINT: {
    records: (n) => [make.hook({ ...at(30 + n), hook: 2, actions: 1 })],
    manifestName: "tracepoint",
    compact: "⁉️ tracepoint node /bin/it s f",
  },
  DNS: {
    records: (n) => [dnsRecord(at(50 + n))],
    manifestName: "dns",
    compact: "📖 dns     node /bin/it",
  },
  TEST: {
    records: (n) => [testRecord(at(40 + n), 2n ** 63n)],
    manifestName: "test",
    compact: "🧪 test    node 9223372036854775808 0 0 0",
  },
  FINDING: {
    records: undefined,
    manifestName: undefined,
    compact: "🚨 finding node /bin/it low probe/it: an exec",
  },
};

function testRecord(values: Readonly<Record<string, number>>, first: bigint): Buffer {
  const record = make.make("gs_test_call", "GS_RECORD_TEST", values);
  record.writeBigUInt64LE(first, offsetOf(make.layout, "gs_test_call", "args"));
  return record;
}

/** A question to a name server. */
function dnsRecord(values: Readonly<Record<string, number>>): Buffer {
  const asked = message({ questions: [{ name: "example.org", type: 1 }] });
  const packet = { total: asked.length, size: asked.length, family: 2 };
  const ports = { source_port: 40_000, destination_port: 53 };
  return make.make("gs_dns", "GS_RECORD_DNS", { ...values, ...packet, ...ports }, asked);
}

const names = Object.keys(cases) as (keyof typeof cases)[];

/** As it is called in `GetEventsResponse.event`. */
const fieldOf = (name: keyof typeof cases): string =>
  (fgs.EventType[EventType[name]] ?? assert.fail(`the API has no EventType ${name}`)).toLowerCase();

function recording(t: TestContext): string {
  const header = formatHeader({
    layout: headerLayout(),
    bootToWallNs: "1700000000000000000",
    ...{ nodeName: "node", kernel: "6.1.0", version: "0", scope: "all" },
    recorded: "2026-01-01T00:00:00.000Z",
  });
  const records = [make.definition(call), make.definition(traced)];
  for (const { records: of } of Object.values(cases))
    for (let n = 0; n < times; n++) records.push(...(of?.(n) ?? []));
  const file = join(temporaryFolder(t), "types.rec");
  writeFileSync(file, Buffer.concat([header, ...records]));
  return file;
}

/** Says of each event what type it has, and finds something in the execs. */
const native = `
  import { annotate, Event, raise, Severity, Verdict } from "guidestar";
  export function onEvent(event: Event): Verdict {
    annotate("type", (<i32>event.type).toString());
    if (event.isTest) annotate("first", event.test.arg(0).toString());
    if (event.isExec) raise(Severity.Low, "it", "an exec");
    return Verdict.Keep;
  }`;

/** Ones for Extism, by JSON and by protobuf; they say nothing of these events, but read all of them. */
const extism = (name: "noise-c" | "noise-protobuf") =>
  extismModule(name, { name, events: Object.keys(eventTypesByName) });

async function start(t: TestContext) {
  const source = `recording:${recording(t)}?speed=max`;
  const { daemon, connect } = await startTestDaemon(t, { source, nodeName: "node" });
  const client = await connect();
  const events = Object.keys(eventTypesByName);
  await client.plugins.upload(await compilePlugin(native, { events }));
  await client.plugins.upload(await extism("noise-c"));
  await client.plugins.upload(await extism("noise-protobuf"));
  return { daemon, client };
}

test("the table has every type, and plugins can choose each that they are asked about", () => {
  for (const name of names) {
    const { manifestName } = cases[name];
    if (manifestName !== undefined) assert.equal(eventTypesByName[manifestName], EventType[name]);
  }
  assert.equal(new Set(Object.values(EventType)).size, Object.keys(EventType).length);
});

test("every type goes from a recording through plugins to streams, JSON and lines", async (t) => {
  const { daemon, client } = await start(t);
  const events = await collect(client.sensors.getEvents());
  const plugins = await client.plugins.list();
  const { pipeline } = await client.node.getStatus();
  await daemon.close();
  assert.equal(toNumber(pipeline?.malformed), 0);
  const paint = paintFor(false);
  for (const name of names) {
    const field = fieldOf(name);
    const ours = events.filter(({ event }) => event === field);
    assert.equal(ours.length, times, `${name} on the stream`);
    const event = ours[0] as Event;
    const json = toJson("fgs.GetEventsResponse", event);
    assert.match(json, new RegExp(`^\\{"${field}":`), `${name} as JSON`);
    const again = fromJson<Event>("fgs.GetEventsResponse", json);
    assert.equal(toJson("fgs.GetEventsResponse", again), json, `${name} as JSON and back`);
    const line = compactLine(event, { paint });
    assert.ok(line.startsWith(cases[name].compact), `${name} in compact form: ${line}`);
    const filters = { allow_list: [{ event_set: [EventType[name]] }], deny_list: [] };
    const local = localFilter(filters);
    const kept = events.filter((each) => local.matches(each));
    assert.deepEqual(kept, ours, `${name} on standard input`);
    if (cases[name].manifestName === undefined) continue;
    assert.equal(event.annotations?.["probe.type"], String(EventType[name]), `${name} in a plugin`);
  }
  const test = events.find((each) => each.test);
  assert.equal(test?.annotations?.["probe.first"], "9223372036854775808");
  const judged = times * names.filter((name) => cases[name].manifestName !== undefined).length;
  assert.deepEqual(
    plugins.map(({ counts }) => [toNumber(counts?.seen), toNumber(counts?.failed)]),
    [
      [judged, 0],
      [judged, 0],
      [judged, 0],
    ],
  );
});

test("every type is chosen by its filter, trimmed by its field filter, aggregated, and exported", async (t) => {
  const bytes = await compilePlugin(native, { events: Object.keys(eventTypesByName) });
  const plugin = await prepare(bytes, {});
  const file = join(temporaryFolder(t), "events.json");
  const log = createLogger("error", "text");
  const exporter = await Exporter.start({ config: exportTo(file), nodeName: "node", log });
  const seen = new Map<string, Event[]>(names.map((name) => [name, []]));
  const handle = await PipelineHandle.start({
    source: { kind: "recording", spec: parseRecordingSpec(`recording:${recording(t)}?speed=max`) },
    ...{ scope: "all", nodeName: "node", processCacheSize: 100, hostNamespaces: [] },
    ...{ processCred: false, processNs: false },
    plugins: [{ plugin, instance: 1, mode: "enforce", settings: plugin.settings, uploadedMs: 0 }],
    firstListeners: [
      ...names.map((name) => ({
        spec: specOf(name),
        listener: {
          frames: (frames: Frames) => seen.get(name)?.push(...decoded(frames)),
          end: () => {},
        },
      })),
      { spec: exporter.spec, listener: exporter },
    ],
  });
  t.after(() => handle.close());
  await handle.ended;
  await exporter.close();
  const exported = readFileSync(file, "utf8").trimEnd().split("\n");
  for (const name of names) {
    const [event, ...others] = seen.get(name) ?? [];
    assert.deepEqual([event?.event, others.length], [fieldOf(name), 0], `${name} aggregated`);
    assert.equal(toNumber(event?.aggregation_info?.count), times, `${name} counted`);
    const json = toJson("fgs.GetEventsResponse", event ?? {});
    const body = JSON.parse(json)[fieldOf(name)];
    assert.ok(body && !Object.hasOwn(body, pathOf(name)), `${name} trimmed: ${json}`);
    const lines = exported.filter((text) => text.startsWith(`{"${fieldOf(name)}":`));
    assert.equal(lines.length, times, `${name} in the export`);
  }
});

function exportTo(file: string): ExportConfig {
  return {
    ...{ file, spec: { allow: [], deny: [] }, maxFileBytes: 1 << 20, maxBackups: 0 },
    ...{ rotationIntervalMs: undefined, compress: false, mode: 0o600, ratePerMinute: -1 },
    queue: { events: 1000, bytes: 1 << 20 },
  };
}

function specOf(name: keyof typeof cases) {
  const event_set = [EventType[name]];
  const fields = { paths: [pathOf(name)] };
  return toStreamSpec({
    allow_list: [{ event_set }],
    field_filters: [{ event_set, fields, action: fgs.FieldFilterAction.EXCLUDE }],
    aggregation_options: { window_size: { seconds: 3600 } },
  });
}

function decoded({ bytes, count }: Frames): Event[] {
  const frames = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: Event[] = [];
  for (let start = 0; events.length < count; ) {
    const end = start + 5 + frames.readUInt32BE(start + 1);
    events.push(fgs.GetEventsResponse.decode(frames.subarray(start + 5, end)));
    start = end;
  }
  return events;
}

/** A field that each event of the type has here. */
function pathOf(name: keyof typeof cases): string {
  return name === "TEST" ? "arg0" : "process";
}
