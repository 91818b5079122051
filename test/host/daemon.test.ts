import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { toNumber } from "../../host/api/numbers.js";
import type { HookDescription } from "../../host/policy/hookSpec.js";
import { fgs } from "../../proto/generated/api.js";
import { collect, startTestDaemon, temporaryFolder } from "../support/daemon.js";
import type { ReaderResult, ReadersData } from "../support/readers.js";
import { shellPid, writeSyntheticRecording } from "../support/syntheticRecording.js";
import { RawStream } from "./api/rawClient.js";

const example = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../plugins/examples/${name}.wasm`, import.meta.url)));

test("a recording reaches a client whole: each exec and exit once, with its parent", async (t) => {
  const file = path.join(temporaryFolder(t), "some.rec.gz");
  writeSyntheticRecording(file, { processes: 2000 });
  const { connect } = await startTestDaemon(t, { source: `recording:${file}?speed=max` });
  const client = await connect();
  const events = await collect(client.sensors.getEvents());
  assert.equal(events.length, 4001);
  assert.deepEqual(
    events.map((event) => toNumber(event.sequence)),
    Array.from({ length: 4001 }, (_, i) => i + 1),
  );
  const execs = events.filter((event) => event.process_exec).slice(1);
  execs.forEach((event, i) => {
    assert.equal(event.process_exec?.process?.binary, `/usr/bin/tool-${i}`);
    assert.equal(event.process_exec?.process?.arguments, String(i));
    assert.equal(event.process_exec?.parent?.pid?.value, shellPid);
    assert.equal(event.node_name, "test-node");
  });
  const exits = events.filter((event) => event.process_exit);
  exits.forEach((event, i) => {
    assert.equal(event.process_exit?.status, i % 256);
    assert.equal(event.process_exit?.process?.exec_id, execs[i]?.process_exec?.process?.exec_id);
  });
  const { pipeline } = await client.node.getStatus();
  assert.equal(toNumber(pipeline?.seen ?? 0), 4001);
  assert.equal(toNumber(pipeline?.records ?? 0), 6001);
});

test("calls that policies watched play from a recording, filtered by policy and function", async (t) => {
  const file = path.join(temporaryFolder(t), "calls.rec.gz");
  const args = [{ type: "s32", index: 0 }] as const;
  const hooks: HookDescription[] = [
    { hook: 3, policy: "a", kind: "syscall", functionName: "__x64_sys_write", args, tags: [] },
    { hook: 4, policy: "b", kind: "function", functionName: "tcp_connect", args, tags: [] },
    {
      ...{ hook: 5, policy: "b", kind: "tracepoint", args, tags: [] },
      ...{ subsystem: "sched", functionName: "sched_switch" },
    },
  ];
  writeSyntheticRecording(file, { processes: 200, hooks });
  const { connect } = await startTestDaemon(t, { source: `recording:${file}?rate=2000` });
  const client = await connect();
  const filters = [
    { policy_names: ["b"] },
    { function_names: ["write"] },
    { event_set: [14] },
    { cel_expression: ["process_kprobe.args[0].int_arg >= 150"] },
  ];
  const streams = filters.map((filter) => client.sensors.getEvents({ allow_list: [filter] }));
  const [ofB, writes, traced, high] = await Promise.all(streams.map((stream) => collect(stream)));
  assert.equal(ofB?.length, 400);
  assert.deepEqual(
    writes?.map(({ process_kprobe: call }) => [
      call?.policy_name,
      call?.process?.binary,
      call?.parent?.binary,
      call?.args?.[0]?.int_arg,
    ]),
    Array.from({ length: 200 }, (_, i) => ["a", `/usr/bin/tool-${i}`, "/bin/bash", i]),
  );
  assert.equal(traced?.length, 200);
  assert.deepEqual(
    high?.map(({ process_kprobe: call }) => call?.args?.[0]?.int_arg),
    Array.from({ length: 100 }, (_, i) => 150 + Math.floor(i / 2)),
  );
  assert.ok(traced?.every((each) => each.process_tracepoint?.event === "sched_switch"));
  const { pipeline } = await client.node.getStatus();
  assert.equal(toNumber(pipeline?.malformed ?? -1), 0);
  assert.equal(toNumber(pipeline?.unknown_hook ?? -1), 0);
});

test("streams with different filters each see their own", async (t) => {
  const file = path.join(temporaryFolder(t), "some.rec");
  writeSyntheticRecording(file, { processes: 100 });
  // Slow enough for both streams to be open before the second record.
  const { connect } = await startTestDaemon(t, { source: `recording:${file}?rate=400` });
  const client = await connect();
  const streams = [
    client.sensors.getEvents({ allow_list: [{ binary_regex: ["tool-9[0-9]$"] }] }),
    client.sensors.getEvents({ allow_list: [{ event_set: [7], pid_set: [1099] }] }),
    client.sensors.getEvents({ deny_list: [{ pid_set: [shellPid] }] }),
  ];
  const [byName, byPid, none] = await Promise.all(streams.map((stream) => collect(stream)));
  assert.equal(byName?.length, 20);
  assert.deepEqual(
    byPid?.map((event) => event.process_exit?.process?.pid?.value),
    [1099],
  );
  assert.equal(none?.length, 0);
});

test("streams that want other fields of the same events each get theirs", async (t) => {
  const file = path.join(temporaryFolder(t), "some.rec");
  writeSyntheticRecording(file, { processes: 100 });
  const { connect } = await startTestDaemon(t, { source: `recording:${file}?rate=400` });
  const { sensors } = await connect();
  const allow_list = [{ arguments_regex: ["^9[0-9]$"], event_set: [5] }];
  const pid = { fields: { paths: ["process.pid", "process.binary"] } };
  const noParent = { fields: { paths: ["parent"] }, action: 1 };
  const streams = [undefined, [pid], [noParent], [pid, noParent], [pid]].map((field_filters) =>
    sensors.getEvents({ allow_list, ...(field_filters && { field_filters }) }),
  );
  const [whole, pids, orphans, both, again] = await Promise.all(
    streams.map((stream) => collect(stream)),
  );
  assert.equal(whole?.length, 10);
  for (const [i, event] of (whole ?? []).entries()) {
    const { process, parent } = event.process_exec ?? {};
    assert.ok(process && parent);
    const { sequence, time, node_name } = event;
    const small = {
      process_exec: { process: { pid: process.pid, binary: process.binary } },
      ...{ sequence, time, node_name },
    };
    assert.deepEqual(pids?.[i], fgs.GetEventsResponse.fromObject(small));
    const orphan = { process_exec: { process }, sequence, time, node_name };
    assert.deepEqual(orphans?.[i], fgs.GetEventsResponse.fromObject(orphan));
  }
  assert.deepEqual(both, pids);
  assert.deepEqual(again, pids);
});

test("a hundred clients, half of which never read: the readers miss nothing", async (t) => {
  const file = path.join(temporaryFolder(t), "many.rec");
  const processes = 300;
  const total = 2 * processes + 1;
  const most = 400;
  // Few events, but large: what never reads soon has its socket and its queue full, and what reads
  // has seconds to spare on a busy machine.
  writeSyntheticRecording(file, { processes, argumentBytes: 4000 });
  const { connect, address } = await startTestDaemon(t, {
    source: `recording:${file}?rate=120`,
    eventQueueSize: most,
  });
  const client = await connect();
  const workerData: ReadersData = { address, readers: 50 };
  const readers = new Worker(new URL("../support/readers.js", import.meta.url), { workerData });
  const [ready] = await once(readers, "message");
  assert.equal(ready, "ready");
  const sleepers = Array.from({ length: 50 }, () => new RawStream(t, address));
  await Promise.all(sleepers.map((stream) => stream.ready));
  const [results] = (await once(readers, "message")) as [ReaderResult[]];
  assert.equal(results.length, 50);
  for (const { first, last, gaps } of results) {
    // The recording began with the first stream; the others may have come a little later.
    assert.ok(first >= 1 && first < total / 2, `the first event was ${first}`);
    assert.deepEqual({ gaps, last }, { gaps: 0, last: total });
  }
  const { streams } = await client.node.getStatus();
  assert.equal(streams.length, 50, "those that never read are still there");
  for (const { sent, lost, queued } of streams) {
    assert.ok(toNumber(queued) <= most, `${queued} queued`);
    assert.ok(toNumber(sent) + toNumber(queued) + toNumber(lost) <= total);
  }
  const lossy = streams.filter(({ lost }) => toNumber(lost) > 0);
  assert.ok(lossy.length > 0, "what they did not read is counted");
});

test("an upload in a flood: every event once, before it undropped, after it judged", async (t) => {
  const file = path.join(temporaryFolder(t), "flood.rec");
  const processes = 10_000;
  writeSyntheticRecording(file, {
    processes,
    binary: (i) => (i % 2 === 0 ? "/usr/bin/dpkg" : "/usr/bin/tool"),
  });
  const { connect } = await startTestDaemon(t, {
    source: `recording:${file}?rate=75000&repeat=4`,
    // The client shares a thread with the server here, and needs time.
    eventQueueSize: 100_000,
  });
  const client = await connect();
  const stream = client.sensors.getEvents();
  const collecting = collect(stream);
  await stream.ready;
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { first_sequence } = await client.plugins.upload(example("package-noise"));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const removed = await client.plugins.remove("package-noise");
  const events = await collecting;

  const first = toNumber(first_sequence);
  const last = toNumber(removed.first_sequence);
  const total = 4 * (2 * processes + 1);
  assert.ok(first > 1 && last > first && last < total, `${first}..${last} of ${total}`);
  const seen = new Set<number>();
  for (const event of events) {
    const sequence = toNumber(event.sequence);
    assert.ok(!seen.has(sequence), `event ${sequence} came twice`);
    seen.add(sequence);
    const binary = (event.process_exec ?? event.process_exit)?.process?.binary ?? "";
    if (sequence >= first && sequence < last)
      assert.ok(!binary.endsWith("/dpkg"), `event ${sequence} should have been dropped`);
  }
  for (let sequence = 1; sequence <= total; sequence++)
    if (sequence < first || sequence >= last)
      assert.ok(seen.has(sequence), `event ${sequence} is missing`);
  const counts = removed.plugin?.counts;
  assert.equal(toNumber(counts?.seen ?? 0), last - first, "it saw each event between the two once");
  assert.equal(toNumber(counts?.dropped ?? 0), total - events.length);
  const { pipeline } = await client.node.getStatus();
  assert.equal(toNumber(pipeline?.dropped ?? 0), total - events.length);
  assert.equal(toNumber(pipeline?.kept ?? 0), events.length);
});

test("the daemon starts without an existing client and stops cleanly with clients connected", async (t) => {
  const file = path.join(temporaryFolder(t), "some.rec");
  writeSyntheticRecording(file, { processes: 10 });
  const { connect, daemon } = await startTestDaemon(t, { source: `recording:${file}` });
  const client = await connect();
  const stream = client.sensors.getEvents();
  await stream.ready;
  const ending = collect(stream).then(
    () => "ended",
    (error: Error) => error.message,
  );
  await daemon.close();
  assert.match(await ending, /stopping|ended/);
});
