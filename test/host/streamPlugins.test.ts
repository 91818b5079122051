import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { toNumber } from "../../host/api/numbers.js";
import type { fgs } from "../../proto/generated/api.js";
import { collect, startTestDaemon, temporaryFolder } from "../support/daemon.js";
import { writeSyntheticRecording } from "../support/syntheticRecording.js";
import { compilePlugin } from "./plugins/testPlugin.js";

/** Drops every second event, says how many it saw, and tries to fill a field. */
const source = `
  import { annotate, Event, Verdict } from "guidestar";
  let seen = 0;
  export function onEvent(event: Event): Verdict {
    seen++;
    annotate("seen", seen.toString());
    return seen % 2 == 0 ? Verdict.Drop : Verdict.Keep;
  }`;

const eventsOf = (responses: readonly fgs.GetEventsResponse[]) =>
  responses.filter(({ plugin_accounts }) => plugin_accounts == null);

async function daemonWith(t: Parameters<typeof startTestDaemon>[0]) {
  const recording = join(temporaryFolder(t), "some.rec");
  writeSyntheticRecording(recording, { processes: 200 });
  const { connect } = await startTestDaemon(t, { source: `recording:${recording}?rate=1000` });
  return connect();
}

test("a plugin that a stream names works on that stream alone, afresh for each call", async (t) => {
  const client = await daemonWith(t);
  await client.plugins.upload(await compilePlugin(source, { name: "half", scope: "stream" }));
  const [listed] = await client.plugins.list();
  assert.equal(listed?.for_streams, true);
  // The first stream starts the recording: all are subscribed before much of it has come.
  const named = [0, 1].map(() => client.sensors.getEvents({ plugins: ["half"] }));
  const plain = client.sensors.getEvents();
  const results = [...named, plain].map((stream) => collect(stream));
  const [one, two, all] = await Promise.all(results);
  for (const events of [one, two]) {
    assert.ok((events?.length ?? 0) > 100);
    events?.forEach((event, n) => {
      assert.equal(event.annotations["half.seen"], String(2 * n + 1));
    });
  }
  assert.ok((all?.length ?? 0) > 300);
  assert.ok(all?.every(({ annotations }) => Object.keys(annotations).length === 0));
  assert.equal(toNumber((await client.plugins.list())[0]?.counts?.seen), 0);
  await assert.rejects(collect(client.sensors.getEvents({ plugins: ["hal"] })), {
    code: "NOT_FOUND",
    message: 'plugin hal does not exist (did you mean "half"?)',
  });
  const many = Array.from({ length: 9 }, () => "half");
  await assert.rejects(collect(client.sensors.getEvents({ plugins: many })), {
    code: "INVALID_ARGUMENT",
    message: "plugins: a stream may name 8, not 9",
  });
});

test("a stream that asks for accounts is told what became of every event; others see nothing of it", async (t) => {
  const client = await daemonWith(t);
  await client.plugins.upload(await compilePlugin(source, { name: "half" }));
  const telling = client.sensors.getEvents({ plugin_accounts: true, plugins: ["half"] });
  const plain = client.sensors.getEvents();
  const [told, untold] = await Promise.all([collect(telling), collect(plain)]);
  assert.ok(untold.every(({ plugin_accounts }) => plugin_accounts == null));
  const accounts = told.flatMap(({ plugin_accounts }) => plugin_accounts ?? []);
  assert.ok(accounts.length > 0);
  const [node, own, ...others] = accounts.at(-1)?.plugins ?? [];
  assert.deepEqual(others, []);
  assert.deepEqual([node?.of_stream, own?.of_stream], [false, true]);
  const total = 401;
  assert.equal(toNumber(node?.counts?.seen), total);
  assert.equal(toNumber(node?.counts?.kept) + toNumber(node?.counts?.dropped), total);
  assert.equal(toNumber(own?.counts?.kept), eventsOf(told).length);
  assert.equal(told.at(-1)?.plugin_accounts == null, false, "the last word is the final account");
});
