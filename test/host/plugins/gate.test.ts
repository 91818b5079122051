import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { toNumber } from "../../../host/api/numbers.js";
import { FlightRecorder } from "../../../host/plugins/flightRecorder.js";
import { startTestDaemon, temporaryFolder } from "../../support/daemon.js";
import { writeSyntheticRecording } from "../../support/syntheticRecording.js";
import { compileJob, Scene } from "./events.js";
import { compilePlugin } from "./testPlugin.js";

test("the flight recorder has the last events, in bounds of number and bytes", () => {
  const recorder = new FlightRecorder({ events: 100, bytes: 40_000 });
  const scene = new Scene();
  const last = () => recorder.events().map(({ sequence }) => sequence);
  for (const event of compileJob(scene, 5)) recorder.add(event);
  assert.deepEqual(
    last(),
    Array.from({ length: 30 }, (_, n) => n + 1),
  );
  for (const event of compileJob(scene, 50)) recorder.add(event);
  assert.ok(recorder.length > 50 && recorder.length < 40_000 / 512, `${recorder.length}`);
  assert.equal(last().at(-1), 330);
  assert.equal(last()[0], 331 - recorder.length);
  recorder.add(scene.exec(scene.process("/a", undefined, { arguments: "x".repeat(50_000) })));
  assert.equal(last().at(-1), 330, "one that is larger than all room is left out");
  recorder.add(scene.exec(scene.process("/a", undefined, { arguments: "x".repeat(39_000) })));
  assert.deepEqual(last(), [332]);
});

const source = `
  import { Event, Verdict } from "guidestar";
  export function onEvent(event: Event): Verdict {
    if (event.sequence == 60) throw new Error("sixty");
    return event.sequence % 4 == 0 ? Verdict.Drop : Verdict.Keep;
  }`;

test("an upload with a gate is tried on the last events: told of, or refused, and then nothing changes", async (t) => {
  const recording = join(temporaryFolder(t), "some.rec");
  writeSyntheticRecording(recording, { processes: 500 });
  const { connect } = await startTestDaemon(t, { source: `recording:${recording}?speed=max` });
  const client = await connect();
  for await (const _event of client.sensors.getEvents());
  const module = await compilePlugin(source);
  const upload = (gate: object) => client.plugins.upload(module, { gate });
  await assert.rejects(upload({ max_dropped_percent: 20 }), {
    code: "FAILED_PRECONDITION",
    message: "the gate refused probe 1.0.0: it drops 24.9 % of 1001 events, 20 % are allowed",
  });
  await assert.rejects(upload({ max_failed: 0 }), {
    message:
      "the gate refused probe 1.0.0: it fails on 1 events (the first: event 60), 0 are allowed",
  });
  await assert.rejects(upload({ max_fuel_per_event: 1 }), {
    message: /^the gate refused probe 1\.0\.0: it burns \d+ units of fuel an event, 1 are allowed$/,
  });
  await assert.rejects(upload({ min_events: 2000 }), {
    message: "the gate refused probe 1.0.0: there are 1001 recorded events, 2000 are wanted",
  });
  assert.deepEqual(await client.plugins.list(), []);
  const { rehearsal, plugin } = await upload({ max_dropped_percent: 25, max_failed: 1 });
  const { events, counts, poison } = rehearsal ?? {};
  assert.deepEqual(
    [events, counts?.seen, counts?.dropped, counts?.failed].map((value) => toNumber(value)),
    [1001, 1001, 249, 1],
  );
  assert.deepEqual(
    poison?.map((value) => toNumber(value)),
    [60],
  );
  assert.equal(toNumber(plugin?.counts?.seen), 0);
});
