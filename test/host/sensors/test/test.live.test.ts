/** The sensor `test` on a running daemon, scoped to what this test starts. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { EventStream } from "../../../../host/api/client.js";
import type { DaemonConfig } from "../../../../host/daemon.js";
import { fgs } from "../../../../proto/generated/api.js";
import { Gated, workload } from "../../../bpf/core/harness.js";
import { startTestDaemon, temporaryFolder } from "../../../support/daemon.js";

/** Calls of a process that waits to begin, as `calls` takes them. */
async function start(t: TestContext, calls: string, config: Partial<DaemonConfig> = {}) {
  const child = new Gated([workload("calls"), ...calls.split(" ")]);
  t.after(() => child.kill());
  const scope = { kind: "tree", rootPids: [child.pid], spawned: true } as const;
  const started = await startTestDaemon(t, { scope, ...config });
  const client = await started.connect();
  const stream = client.sensors.getEvents({
    allow_list: [{ event_set: [fgs.EventType.TEST] }, { event_set: [fgs.EventType.PROCESS_EXIT] }],
  });
  await stream.ready;
  return { client, daemon: started.daemon, child, stream };
}

/** Numbers of the test events up to the end of the process. */
async function numbers(stream: EventStream): Promise<string[]> {
  const all: string[] = [];
  for await (const { test: numbers, process_exit, node_name, time } of stream) {
    if (process_exit) break;
    assert.equal(node_name, "test-node");
    assert.ok(time);
    const { arg0, arg1, arg2, arg3 } = numbers ?? assert.fail();
    all.push([arg0, arg1, arg2, arg3].map((value) => String(value ?? 0)).join(" "));
  }
  return all;
}

test("each call of the system call is told of with its numbers, and no other", async (t) => {
  const calls = "lseek -1 7 4729 , getpid , lseek 9 8 1";
  const { client, child, stream } = await start(t, calls);
  const listed = (await client.sensors.listSensors()).find(({ name }) => name === "test");
  assert.equal(listed?.enabled, false);
  await client.sensors.enableSensor("test");
  await client.sensors.enableSensor("test");
  child.open();
  const seen = (await numbers(stream)).map(fourthAside);
  assert.deepEqual(seen, ["18446744073709551615 7 4729", "9 8 1"]);
});

/** A call that has three arguments leaves anything in the fourth. */
const fourthAside = (text: string) => text.split(" ").slice(0, 3).join(" ");

test("settings choose the call and a value, also while it runs; wrong ones change nothing", async (t) => {
  const calls = "getpid , lseek 1 2 3 , lseek 1 5 3";
  const { client, child, stream } = await start(t, calls);
  const { sensors } = client;
  await sensors.setSensorConfig("test", "syscall", "getpid");
  await sensors.enableSensor("test");
  await sensors.setSensorConfig("test", "syscall", "lseek");
  await sensors.setSensorConfig("test", "match", "1=5");
  assert.equal(await sensors.getSensorConfig("test", ""), "syscall=lseek\nmatch=1=5");
  const refused: [string, string, RegExp][] = [
    [
      "syscall",
      "lseak",
      /^sensor test SetConfig failed: .* not "lseak" \(did you mean "lseek"\?\)/,
    ],
    ["match", "4=1", /^sensor test SetConfig failed: match takes off, or .*, not "4=1"$/],
    ["match", "0=18446744073709551616", /match takes off/],
    ["sycall", "read", /there is no setting "sycall"; known: syscall, match \(did you mean/],
  ];
  for (const [key, value, message] of refused)
    await assert.rejects(sensors.setSensorConfig("test", key, value), {
      code: "INVALID_ARGUMENT",
      message,
    });
  await assert.rejects(sensors.removeSensor("test"), { code: "FAILED_PRECONDITION" });
  assert.equal(await sensors.getSensorConfig("test", "match"), "1=5");
  child.open();
  assert.deepEqual((await numbers(stream)).map(fourthAside), ["1 5 3"]);
});

test("a sensor that is disabled tells nothing, and what it told before is in the export", async (t) => {
  const file = join(temporaryFolder(t), "events.json");
  const config: Partial<DaemonConfig> = {
    export: {
      ...{ file, spec: { allow: [], deny: [] }, maxFileBytes: 1 << 20, maxBackups: 0 },
      ...{ rotationIntervalMs: undefined, compress: false, mode: 0o600, ratePerMinute: -1 },
      queue: { events: 1000, bytes: 1 << 20 },
    },
  };
  const child = new Gated([
    "/bin/sh",
    "-c",
    `while read n; do ${workload("calls")} lseek $n 2 3; done`,
  ]);
  t.after(() => child.kill());
  const scope = { kind: "tree", rootPids: [child.pid], spawned: true } as const;
  const { daemon, connect } = await startTestDaemon(t, { scope, ...config });
  const { sensors } = await connect();
  const stream = sensors.getEvents({
    allow_list: [{ event_set: [fgs.EventType.TEST] }, { binary_regex: ["calls$"] }],
  });
  await stream.ready;
  await sensors.enableSensor("test");
  child.open();
  const seen: string[] = [];
  child.child.stdin?.write("71\n");
  for await (const { test: numbers, process_exit } of stream) {
    if (numbers) seen.push(String(numbers.arg0));
    if (!process_exit) continue;
    if (seen.at(-1) === "after") break;
    await sensors.disableSensor("test");
    seen.push("after");
    child.child.stdin?.write("72\n");
  }
  assert.deepEqual(seen, ["71", "after"]);
  await daemon.close();
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const exported = lines.map((line) => JSON.parse(line).test).filter((one) => one);
  assert.deepEqual(
    exported.map(({ arg0, arg1, arg2 }) => [arg0, arg1, arg2]),
    [["71", "2", "3"]],
  );
});
