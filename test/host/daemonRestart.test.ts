import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Client } from "../../host/api/client.js";
import { toNumber } from "../../host/api/numbers.js";
import { guidestar } from "../../proto/generated/api.js";
import { collect, startTestDaemon, temporaryFolder } from "../support/daemon.js";
import { writeSyntheticRecording } from "../support/syntheticRecording.js";

const example = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../plugins/examples/${name}.wasm`, import.meta.url)));

test("a daemon comes back with its plugins as they were: order, modes, settings, versions", async (t) => {
  const file = path.join(temporaryFolder(t), "some.rec");
  writeSyntheticRecording(file, { processes: 200 });
  const config = {
    source: `recording:${file}?speed=max`,
    pluginDir: path.join(temporaryFolder(t), "plugins"),
  };
  const first = await startTestDaemon(t, config);
  const before = await first.connect();
  for (const name of ["package-noise", "server-shell"]) {
    await before.plugins.upload(example(name));
  }
  await before.plugins.upload(example("package-noise"), "third");
  await before.plugins.setOrder(["third", "server-shell"]);
  await before.plugins.setMode("third", guidestar.PluginMode.PLUGIN_MODE_MONITOR);
  await before.plugins.setMode("package-noise", guidestar.PluginMode.PLUGIN_MODE_DISABLED);
  const shown = async (client: Client) =>
    (await client.plugins.list()).map(({ name, mode, version, settings }) => [
      ...[name, mode, version, settings],
    ]);
  const plugins = await shown(before);
  assert.deepEqual(
    plugins.map(([name]) => name),
    ["third", "server-shell", "package-noise"],
  );
  await first.daemon.close();

  const second = await startTestDaemon(t, config);
  const after = await second.connect();
  assert.deepEqual(await shown(after), plugins);
  const events = await collect(after.sensors.getEvents());
  assert.ok(events.length > 0);
  // In force before the first event: those that are enabled saw all of them.
  const seen = (await after.plugins.list()).map(({ counts }) => toNumber(counts?.seen));
  assert.equal(seen[0], events.length);
  assert.equal(seen[2], 0);
});
