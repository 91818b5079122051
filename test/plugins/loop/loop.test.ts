/** An author's way from an empty folder to a running plugin: the documents' own commands, as they stand there. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../support/daemon.js";
import { writeSyntheticRecording } from "../../support/syntheticRecording.js";
import { blocksIn, codeIn } from "./commands.js";
import { Reader } from "./reader.js";

const heading = "From an empty folder to a running plugin";

test("the commands of plugins/README.md, in an empty folder, on a daemon that plays a recording", async (t) => {
  const recording = path.join(temporaryFolder(t), "some.rec.gz");
  const binaries = ["/usr/bin/date", "/tmp/x", "/usr/bin/tool"];
  writeSyntheticRecording(recording, { processes: 300, binary: (i) => binaries[i % 3] ?? "" });
  const reader = new Reader(t, `--source 'recording:${recording}?rate=1000&repeat=1000'`);
  const said = new Map<string, string>();
  const blocks = blocksIn("plugins/README.md", heading);
  assert.equal(blocks.length, 2);
  for (const line of blocks.flat()) {
    const { stdout } = await reader.type(line);
    const command = /^guidestar (plugin \w+|\w+)/.exec(line)?.[1] ?? "";
    said.set(command, (said.get(command) ?? "") + stdout);
  }
  const every =
    "new build test push list show logs stats mode settings order rollback rm sign keygen";
  for (const name of every.split(" ")) assert.ok(said.has(`plugin ${name}`), name);
  assert.match(said.get("plugin test") ?? "", /3 events: 2 kept, 1 dropped/);
  assert.equal(said.get("getevents")?.match(/"process_(exec|exit)"|"finding"/g)?.length, 10);
  assert.doesNotMatch(
    said.get("getevents") ?? "",
    /"process_exec":\{"process":\{[^}]*\/usr\/bin\/date/,
  );
  // Its hash, what it saw, kept and dropped.
  assert.match(
    said.get("plugin stats") ?? "",
    /^my-first\t[0-9a-f]{12}\t[1-9]\d*\t[1-9]\d*\t[1-9]/m,
  );
  assert.match(said.get("plugin show") ?? "", /signed by team:/);
  assert.match(said.get("plugin order") ?? "", /^second → my-first, /);
  assert.match(said.get("plugin rollback") ?? "", /is active again, in place of/);
});

test('the commands of README.md under "A plugin" that need no kernel', async (t) => {
  const recording = path.join(temporaryFolder(t), "some.rec.gz");
  writeSyntheticRecording(recording, { processes: 30 });
  const reader = new Reader(t, `--source 'recording:${recording}?speed=max'`);
  const folder = path.join(reader.folder, "my-filter");
  mkdirSync(folder);
  for (const [language, name] of [
    ["ts", "my-filter/index.ts"],
    ["json", "my-filter/manifest.json"],
  ] as const) {
    writeFileSync(path.join(reader.folder, name), codeIn("README.md", language, `\`${name}\``));
  }
  await reader.type("guidestar daemon &");
  const [commands = []] = blocksIn("README.md", "A plugin");
  const typed = commands.filter((line) => !line.startsWith("guidestar run "));
  assert.ok(typed.length >= 4);
  for (const line of typed) await reader.type(line);
});
