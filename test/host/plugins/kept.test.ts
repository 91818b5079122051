import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readKept, writeKept } from "../../../host/plugins/store/keptFormat.js";
import { collect, startTestDaemon, temporaryFolder } from "../../support/daemon.js";
import { writeSyntheticRecording } from "../../support/syntheticRecording.js";
import { compilePlugin } from "./testPlugin.js";

const counter = `
  import { annotate, Event, kv, Verdict } from "guidestar";
  export function onEvent(event: Event): Verdict {
    kv.setNumber("count", kv.getNumber("count") + 1);
    annotate("count", kv.getNumber("count"));
    return Verdict.Keep;
  }`;

test("what a plugin has the host keep is there after a restart of the daemon, and gone with the plugin", async (t) => {
  const folder = temporaryFolder(t);
  const recording = join(folder, "some.rec");
  writeSyntheticRecording(recording, { processes: 20 });
  const pluginDir = join(folder, "plugins");
  const file = join(pluginDir, "kept/counter.kv");
  const source = `recording:${recording}?speed=max`;
  const module = await compilePlugin(counter, { name: "counter" });

  /** Plays the recording through a daemon of its own; the last count. */
  const play = async (upload: boolean, remove = false) => {
    const { daemon, connect } = await startTestDaemon(t, { source, pluginDir });
    const client = await connect();
    if (upload) await client.plugins.upload(module);
    const events = await collect(client.sensors.getEvents());
    if (remove) await client.plugins.remove("counter");
    await daemon.close();
    return events.at(-1)?.annotations["counter.count"];
  };

  assert.equal(await play(true), "41");
  assert.ok(existsSync(file));
  assert.equal(await play(false), "82");
  // Another version goes on with it; a file that was cut short costs what is missing, and no more.
  assert.equal(await play(true), "123");
  writeFileSync(file, readFileSync(file).subarray(0, 9));
  assert.equal(await play(false, true), "41");
  assert.equal(existsSync(file), false);
  assert.equal(await play(true), "41");
});

test("entries are written and read whole, whatever is in them", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
  const entries: [string, Uint8Array][] = [
    ["a", bytes],
    [Buffer.from(bytes).toString("latin1").slice(0, 200), new Uint8Array(0)],
  ];
  const written = writeKept(entries);
  assert.deepEqual(readKept(written), entries);
  for (let end = 0; end < written.length; end++) {
    assert.deepEqual(readKept(written.subarray(0, end)), end < 263 ? [] : entries.slice(0, 1));
  }
});
