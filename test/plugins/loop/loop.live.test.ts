/** The same commands on live events of a process tree. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { blocksIn, codeIn } from "./commands.js";
import { Reader } from "./reader.js";

test("the commands of plugins/README.md on a daemon that traces one process tree", async (t) => {
  const workload = spawn("bash", ["-c", "while :; do date; uname; sleep 0.05; done"], {
    stdio: "ignore",
  });
  t.after(() => workload.kill("SIGKILL"));
  const reader = new Reader(t, `--scope-pid ${workload.pid}`);
  const heading = "From an empty folder to a running plugin";
  let printed = "";
  let stats = "";
  for (const line of blocksIn("plugins/README.md", heading).flat()) {
    const { stdout } = await reader.type(line);
    if (line.startsWith("guidestar getevents")) printed = stdout;
    if (line.startsWith("guidestar plugin stats")) stats = stdout;
  }
  const binaries = printed
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).process_exec?.process.binary as string | undefined);
  assert.equal(binaries.length, 10);
  assert.ok(binaries.some((binary) => binary?.endsWith("/uname")));
  assert.ok(!binaries.some((binary) => binary?.endsWith("/date")));
  assert.match(stats, /^my-first\t[0-9a-f]{12}\t[1-9]\d*\t[1-9]\d*\t[1-9]/m);
});

test('the commands of README.md under "A plugin", all of them', async (t) => {
  const reader = new Reader(t, `--scope-pid ${process.pid}`);
  mkdirSync(path.join(reader.folder, "my-filter"));
  for (const [language, name] of [
    ["ts", "my-filter/index.ts"],
    ["json", "my-filter/manifest.json"],
  ] as const) {
    writeFileSync(path.join(reader.folder, name), codeIn("README.md", language, `\`${name}\``));
  }
  await reader.type("guidestar daemon &");
  const [commands = []] = blocksIn("README.md", "A plugin");
  let ran = "";
  for (const line of commands) {
    const { stderr } = await reader.type(line);
    if (line.startsWith("guidestar run ")) ran = stderr;
  }
  assert.match(ran, /my-filter\.download=--version/);
  assert.doesNotMatch(ran, /process .*\/date/);
});
