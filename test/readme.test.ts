/** What README shows is what happens. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { run } from "./host/cli/support/run.js";
import { collect, startTestDaemon, temporaryFolder } from "./support/daemon.js";
import { writeSyntheticRecording } from "./support/syntheticRecording.js";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

function block(language: string, after: string): string {
  const from = readme.indexOf(after);
  assert.notEqual(from, -1, `README lacks ${after}`);
  const match = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(readme.slice(from));
  assert.ok(match?.[1], `README has no ${language} block after ${after}`);
  return match[1];
}

test("the plugin in README builds, is pushed to a running daemon, drops and annotates", async (t) => {
  const folder = path.join(temporaryFolder(t), "my-filter");
  mkdirSync(folder);
  const source = block("ts", "`my-filter/index.ts`");
  assert.ok(source.trim().split("\n").length <= 20, "it has 20 lines at most");
  writeFileSync(path.join(folder, "index.ts"), source);
  writeFileSync(path.join(folder, "manifest.json"), block("json", "`my-filter/manifest.json`"));
  const built = await run(["plugin", "build", folder]);
  assert.equal(built.code, 0, built.stderr);

  const file = path.join(folder, "some.rec");
  const binaries = ["/bin/date", "/usr/bin/curl", "/usr/bin/other"];
  writeSyntheticRecording(file, { processes: 30, binary: (i) => binaries[i % 3] ?? "" });
  const { address, connect } = await startTestDaemon(t, {
    source: `recording:${file}?speed=max`,
  });
  const pushed = await run(["--server-address", address, "plugin", "push", folder]);
  assert.match(pushed.stdout, /^pushed my-filter 1\.0\.0/);
  const events = await collect((await connect()).sensors.getEvents());
  const execs = events.flatMap(({ process_exec, annotations }) =>
    process_exec ? [{ binary: process_exec.process?.binary, annotations }] : [],
  );
  assert.equal(execs.filter(({ binary }) => binary === "/bin/date").length, 0);
  const curls = execs.filter(({ binary }) => binary === "/usr/bin/curl");
  assert.equal(curls.length, 10);
  assert.deepEqual(curls[0]?.annotations, {
    "my-filter.download": "1",
    "my-filter.started-by": "bash",
  });
  const listed = await run(["--server-address", address, "plugin", "list"]);
  assert.match(listed.stdout, /my-filter/);
});

test("the policy in README has no errors", async () => {
  const stdin = block("yaml", "## A policy");
  const { code, stdout, stderr } = await run(["tracingpolicy", "validate", "-"], { stdin });
  assert.deepEqual([code, stdout, stderr], [0, "standard input: moves: 1 hook, no errors\n", ""]);
});

test("the sampling policy in README has no errors", async () => {
  const stdin = block("yaml", "## Where the time goes");
  const { code, stdout } = await run(["tracingpolicy", "validate", "-"], { stdin });
  assert.deepEqual([code, stdout], [0, "standard input: cpu: 1 hook, no errors\n"]);
});

test("every guidestar command that README names is one", async () => {
  const commands = new Set(
    [...readme.matchAll(/guidestar ((?:plugin )?[a-z]+(?:-[a-z]+)*)/g)].map(
      ([, name]) => name as string,
    ),
  );
  assert.ok(commands.size >= 8, [...commands].join(", "));
  for (const name of commands) {
    if (["is", "s", "installs"].includes(name)) continue;
    const { code, stdout } = await run([...name.split(" "), "--help"]);
    assert.equal(code, 0, `guidestar ${name}`);
    assert.match(stdout, new RegExp(`Usage: guidestar ${name}`));
  }
});
