import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { collect, startTestDaemon, temporaryFolder } from "../../support/daemon.js";
import { writeSyntheticRecording } from "../../support/syntheticRecording.js";
import { description } from "../events/hook/support.js";
import { compilePlugin } from "../plugins/testPlugin.js";
import { run } from "./support/run.js";

const source = (limit: string) => `
  import { annotate, Event, Verdict } from "guidestar";
  export function onEvent(event: Event): Verdict {
    const call = event.kprobe;
    const n = call.args[0].uint;
    if (n == 7 && call.args[0].label.equals("count")) ${limit};
    return Verdict.Keep;
  }`;

test("an event that made a plugin fail on a node fails it on the author's machine too, until it is mended", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "some.rec");
  const args = [{ type: "u64", index: 0, label: "count" }] as const;
  const hooks = [description({ hook: 5, functionName: "ksys_write", args })];
  writeSyntheticRecording(file, { processes: 12, hooks });
  const { address, connect } = await startTestDaemon(t, { source: `recording:${file}?speed=max` });
  const cli = (...words: string[]) => run([...words, "--server-address", address]);
  const [broken, mended] = [join(folder, "broken.wasm"), join(folder, "mended.wasm")];
  const manifest = { name: "counter", events: ["kprobe"] };
  writeFileSync(broken, await compilePlugin(source('throw new Error("seven")'), manifest));
  writeFileSync(mended, await compilePlugin(source('annotate("lucky", true)'), manifest));
  assert.equal((await cli("plugin", "push", broken)).code, 0);
  const none = await cli("plugin", "test", broken, "--poison");
  assert.deepEqual(
    [none.code, none.stderr],
    [0, "guidestar: no event is kept that made counter fail\n"],
  );
  await collect((await connect()).sensors.getEvents());

  const fetched = await cli("plugin", "poison", "counter");
  assert.equal(fetched.code, 0, fetched.stderr);
  const event = JSON.parse(fetched.stdout);
  assert.equal(event.process_kprobe.function_name, "ksys_write");
  assert.deepEqual(event.process_kprobe.args, [{ size_arg: "7", label: "count" }]);
  assert.match(
    fetched.stderr,
    /^guidestar: event \d+: version [0-9a-f]{12} aborted: seven \(.*index\.ts/,
  );

  const again = await cli("plugin", "test", broken, "--poison");
  assert.equal(again.code, 1);
  assert.match(again.stderr, /^guidestar: it fails on 1 event$/m);
  assert.match(again.stdout, /call .*tool-7 7 +failed/);
  const good = await cli("plugin", "test", mended, "--poison", "counter");
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /keep .*\{lucky=true\}/);

  // Kept as a case, without a daemon.
  const kept = join(folder, "poison.json");
  writeFileSync(kept, fetched.stdout);
  const offline = await run(["plugin", "test", mended, "--events", kept]);
  assert.match(offline.stdout, /\{lucky=true\}[\s\S]*1 events: 1 kept/);
});
