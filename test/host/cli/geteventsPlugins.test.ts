import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startTestDaemon, temporaryFolder } from "../../support/daemon.js";
import { writeSyntheticRecording } from "../../support/syntheticRecording.js";
import { compilePlugin } from "../plugins/testPlugin.js";
import { run, start } from "./support/run.js";

const source = `
  import { annotate, Event, Verdict } from "guidestar";
  export function onEvent(event: Event): Verdict {
    if (event.isExit) return Verdict.Drop;
    annotate("by", event.process.binary.basename);
    return Verdict.Keep;
  }`;

test("getevents sends events through plugins by name and by file, for itself alone, and shows what they did", async (t) => {
  const folder = temporaryFolder(t);
  const recording = join(folder, "some.rec");
  writeSyntheticRecording(recording, { processes: 20 });
  const { address, connect } = await startTestDaemon(t, {
    source: `recording:${recording}?rate=200&repeat=1000`,
  });
  const file = join(folder, "execs.wasm");
  writeFileSync(file, await compilePlugin(source, { name: "execs" }));
  const client = await connect();
  await client.plugins.upload(await compilePlugin(source, { name: "marks", scope: "stream" }));
  const names = async () => (await client.plugins.list()).map(({ name }) => name);
  const getevents = (...words: string[]) => ["getevents", "--server-address", address, ...words];

  const both = await run(getevents("-c", "12", "--plugins", file, "marks", "--accounts"));
  assert.equal(both.code, 0, both.stderr);
  const events = both.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(events.length, 12);
  for (const { process_exec, annotations } of events) {
    const keys = Object.keys(annotations).map((key) => key.replace(/[0-9a-f]{12}/, "*"));
    assert.deepEqual(keys.sort(), ["marks.by", "stream-*.by"]);
    assert.ok(process_exec);
  }
  assert.match(both.stderr, /^PLUGIN +ON +HASH +SEEN/m);
  assert.match(both.stderr, /^stream-[0-9a-f]{12} +this stream +[0-9a-f]{12} +[1-9]/m);
  assert.match(both.stderr, /^marks +this stream /m);
  assert.deepEqual(await names(), ["marks"], "what was lent was taken back");

  // Ctrl-C, too, leaves nothing behind.
  const running = start(getevents("--plugins", file));
  await running.seen("stdout", /stream-[0-9a-f]{12}\.by/);
  assert.equal((await names()).length, 2);
  running.child.kill("SIGINT");
  assert.equal((await running.outcome).code, 0);
  assert.deepEqual(await names(), ["marks"]);

  const wrong = await run(getevents("--plugins", file, "markz"));
  assert.deepEqual(
    [wrong.code, wrong.stderr],
    [1, 'guidestar: plugin markz does not exist (did you mean "marks"?)\n'],
  );
  const missing = await run(getevents("--plugins", "./nothing.wasm"));
  assert.match(missing.stderr, /cannot read \.\/nothing\.wasm: there is no such file/);
  assert.deepEqual(await names(), ["marks"]);
});
