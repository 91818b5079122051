/** The sensor `test` on a running daemon, scoped to what this test starts. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ExportConfig } from "../../../../host/export/config.js";
import { fgs } from "../../../../proto/generated/api.js";
import { Gated, workload } from "../../../bpf/core/harness.js";
import { startTestDaemon, temporaryFolder } from "../../../support/daemon.js";

const { EventType } = fgs;

test("the sensor tells of each call that its settings choose, while it is enabled", async (t) => {
  const file = join(temporaryFolder(t), "events.json");
  const loop = `while read line; do ${workload("calls")} $line; done`;
  const shell = new Gated(["/bin/sh", "-c", loop]);
  t.after(() => shell.kill());
  const scope = { kind: "tree", rootPids: [shell.pid], spawned: true } as const;
  const { daemon, connect } = await startTestDaemon(t, { scope, export: exportTo(file) });
  const { sensors } = await connect();
  const stream = sensors.getEvents({
    allow_list: [
      { event_set: [EventType.TEST] },
      { event_set: [EventType.PROCESS_EXIT], binary_regex: ["calls$"] },
    ],
  });
  const events = stream[Symbol.asyncIterator]();
  await stream.ready;
  shell.open();
  /** Has somebody make these calls, and tells the first three numbers of each event up to their end. */
  const numbersOf = async (calls: string) => {
    shell.child.stdin?.write(`${calls}\n`);
    const all: string[] = [];
    for (;;) {
      const { value, done } = await events.next();
      if (done) assert.fail("the stream has ended");
      if (value.process_exit) return all;
      assert.equal(value.node_name, "test-node");
      assert.ok(value.time);
      const { arg0, arg1, arg2 } = value.test ?? assert.fail("another event");
      all.push([arg0, arg1, arg2].map((number) => String(number ?? 0)).join(" "));
    }
  };
  const isEnabled = async () =>
    (await sensors.listSensors()).find(({ name }) => name === "test")?.enabled;

  assert.equal(await isEnabled(), false);
  assert.deepEqual(await numbersOf("lseek 1 1 1"), []);
  await sensors.enableSensor("test");
  await sensors.enableSensor("test");
  assert.equal(await isEnabled(), true);
  assert.deepEqual(await numbersOf("lseek -1 7 4729 , getpid , lseek 9 8 1"), [
    "18446744073709551615 7 4729",
    "9 8 1",
  ]);

  await sensors.setSensorConfig("test", "syscall", "getpid");
  assert.equal((await numbersOf("getpid , lseek 1 2 3")).length, 1);
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
  assert.deepEqual(await numbersOf("lseek 1 2 3 , lseek 71 5 3"), ["71 5 3"]);

  await sensors.disableSensor("test");
  assert.deepEqual(await numbersOf("lseek 72 5 3"), []);
  await daemon.close();
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const exported = lines.map((line) => JSON.parse(line).test).filter((numbers) => numbers);
  assert.equal(exported.length, 4);
  assert.equal(exported.at(-1)?.arg0, "71");
});

function exportTo(file: string): ExportConfig {
  return {
    ...{ file, spec: { allow: [], deny: [] }, maxFileBytes: 1 << 20, maxBackups: 0 },
    ...{ rotationIntervalMs: undefined, compress: false, mode: 0o600, ratePerMinute: -1 },
    queue: { events: 1000, bytes: 1 << 20 },
  };
}
