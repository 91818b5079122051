import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startTestDaemon, temporaryFolder } from "../../support/daemon.js";
import { writeSyntheticRecording } from "../../support/syntheticRecording.js";
import { compilePlugin } from "../plugins/testPlugin.js";
import { run, start } from "./support/run.js";

/** Drops one program; says so; fails on another. */
const source = (dropped: string) => `
  import { annotate, Event, log, Settings, Verdict } from "guidestar";
  let label = "";
  export function onSettings(settings: Settings): void { label = settings.text("label"); }
  export function onEvent(event: Event): Verdict {
    if (event.process.binary.endsWith("/tool-7")) throw new Error("seven");
    if (event.isExit) return Verdict.Keep;
    if (event.process.binary.endsWith("/${dropped}")) {
      log.info("dropped " + label);
      return Verdict.Drop;
    }
    return Verdict.Keep;
  }`;
const settings = {
  type: "object",
  properties: { label: { type: "string", default: "x", maxLength: 9 } },
};

test("the whole life of a plugin from the command line, on a real daemon", async (t) => {
  const folder = temporaryFolder(t);
  const recording = join(folder, "some.rec");
  writeSyntheticRecording(recording, { processes: 10 });
  const { address, connect, daemon } = await startTestDaemon(t, {
    source: `recording:${recording}?speed=max`,
    pluginDir: join(folder, "plugins"),
  });
  const cli = (...args: string[]) => run([...args, "--server-address", address]);
  const done = async (...args: string[]) => {
    const { code, stdout, stderr } = await cli(...args);
    assert.deepEqual([code, stderr], [0, ""], args.join(" "));
    return stdout;
  };
  const [one, two] = [join(folder, "1.wasm"), join(folder, "2.wasm")];
  writeFileSync(one, await compilePlugin(source("tool-1"), { name: "quiet", settings }));
  writeFileSync(
    two,
    await compilePlugin(source("tool-2"), { name: "quiet", version: "2.0.0", settings }),
  );

  await done("plugin", "push", one, "--settings", '{"label": "first"}');
  await done("plugin", "push", one, "--name", "other", "--mode", "monitor");
  assert.match(
    await done("plugin", "push", two, "--mode", "shadow"),
    /^pushed [0-9a-f]{12} as the shadow of quiet 1\.0\.0 \([0-9a-f]{12}\), from event 1 on\n$/,
  );
  assert.match(await done("plugin", "order", "other"), /^other → quiet, from event 1 on\n$/);
  assert.equal(await done("plugin", "settings", "quiet"), '{"label":"first"}\n');
  await done("plugin", "settings", "quiet", '{"label": "live"}');
  const refused = await cli("plugin", "settings", "quiet", '{"label": "0123456789"}');
  assert.deepEqual(
    [refused.code, refused.stderr],
    [1, "guidestar: settings.label has 10 characters, it must be at most 9\n"],
  );

  const client = await connect();
  for await (const _event of client.sensors.getEvents());
  const shown = await done("plugin", "show", "quiet");
  assert.match(
    shown,
    /Shadow: .* compared on 21 events, different on 2\n {2}event \d+: drop, the shadow keep\n/,
  );
  assert.match(shown, /Versions:\n.* 2\.0\.0, .*, shadow\n.* 1\.0\.0, .*, active\n/);
  assert.match(
    shown,
    /Events that made it fail:\n {2}\d+ .* aborted: seven \(.*index\.ts:\d+:\d+\)\n/,
  );
  assert.match(await done("plugin", "stats", "quiet"), /^quiet\t[0-9a-f]{12}\t21\t18\t1\t0\t/);
  const logs = await done("plugin", "logs", "quiet");
  assert.match(logs, /info {4}quiet: dropped live\n/);
  assert.match(logs, /error {3}quiet: fails on each of these alone: event \d+, \d+\n/);

  const following = start(["plugin", "logs", "-f", "--server-address", address]);
  await following.seen("stdout", /fails on each of these/);
  assert.match(
    await done("plugin", "rollback", "quiet", "2.0.0"),
    /^quiet 2\.0\.0 .* is active again, in place of [0-9a-f]{12}, from event 22 on\n$/,
  );
  assert.match(await done("plugin", "rollback", "quiet"), /^quiet 1\.0\.0 /);
  assert.match(await done("plugin", "mode", "quiet", "disabled"), /is in mode disabled/);
  assert.match(await done("plugin", "list"), /\tdisabled\n$/);

  // From a client that knows sensors only.
  assert.equal(
    await done("sensors", "list"),
    "plugin/other (enabled)\nplugin/quiet (not enabled)\n",
  );
  await done("sensors", "enable", "plugin/quiet");
  await done("sensors", "config", "plugin/quiet", "label", "by-sensor");
  assert.equal(await done("sensors", "config", "plugin/quiet", "label"), "by-sensor\n");
  assert.equal(
    await done("sensors", "config", "plugin/quiet"),
    '{"mode":"enforce","settings":{"label":"by-sensor"}}\n',
  );
  const unknown = await cli("sensors", "config", "plugin/quiet", "labl", "x");
  assert.equal(
    unknown.stderr,
    'guidestar: plugin quiet has no setting "labl": there are mode, settings, label (did you mean "label"?)\n',
  );
  const enabled = await cli("sensors", "rm", "plugin/quiet");
  assert.equal(
    enabled.stderr,
    "guidestar: sensor plugin/quiet enabled, please disable it before removing\n",
  );
  await done("sensors", "disable", "plugin/quiet");
  await done("sensors", "rm", "plugin/quiet");
  const gone = await cli("sensors", "enable", "plugin/quiet");
  assert.equal(gone.stderr, "guidestar: sensor plugin/quiet does not exist\n");
  assert.equal(await done("sensors", "list"), "plugin/other (enabled)\n");
  await daemon.close();
  assert.equal((await following.outcome).code, 1);
});

test("a quarantined plugin is told of by the health, by existing clients too", async (t) => {
  const folder = temporaryFolder(t);
  const recording = join(folder, "some.rec");
  writeSyntheticRecording(recording, { processes: 8 });
  const { connect } = await startTestDaemon(t, {
    source: `recording:${recording}?rate=2000&repeat=1000`,
  });
  const client = await connect();
  await client.plugins.upload(
    await compilePlugin(
      `import { Event, Verdict } from "guidestar";
       export function onEvent(event: Event): Verdict { unreachable(); return Verdict.Keep; }`,
    ),
  );
  const details = async () =>
    (await client.sensors.getHealth()).health_status.map((s) => s.details);
  assert.deepEqual(await details(), ["running"]);
  for await (const _event of client.sensors.getEvents()) {
    if ((await client.plugins.list())[0]?.failure) break;
  }
  assert.match(
    (await details()).join("\n"),
    /^running\nplugin probe is quarantined: failed 3 times within 60 s, the last time it trapped: unreachable$/,
  );
});
