import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { projectFolder } from "../../../host/plugins/build.js";
import { run, start } from "./support/run.js";

const folder = mkdtempSync(join(tmpdir(), "guidestar-author-"));
const plugin = join(folder, "quiet-tools");
const caseFile = join(plugin, "test/basics.json");
after(() => rmSync(folder, { recursive: true }));

test("a new plugin passes its tests at once, and a wrong expectation fails", async () => {
  const made = await run(["plugin", "new", plugin]);
  assert.deepEqual([made.code, made.stderr], [0, ""]);
  assert.match(made.stdout, /^made .*quiet-tools: index\.ts, manifest\.json, test\/basics\.json,/);
  const again = await run(["plugin", "new", plugin]);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /cannot make the folder .*: it is there already/);

  const good = await run(["plugin", "test", plugin]);
  assert.deepEqual([good.code, good.stderr], [0, ""], good.stdout);
  assert.match(good.stdout, /^0 {2}exec {3}\/usr\/bin\/date +drop +[\d,]+$/m);
  assert.match(
    good.stdout,
    /^2 {2}exec {3}\/tmp\/x --listen +keep +[\d,]+ {2}\{started-by=\/bin\/sh\}$/m,
  );
  assert.match(good.stdout, /^finding \/tmp\/x --listen medium temporary-program: /m);
  assert.match(good.stdout, /^3 events: 2 kept, 1 dropped, 1 annotated, 1 findings; [\d,]+ units/m);

  const given = readFileSync(caseFile, "utf8");
  writeFileSync(
    caseFile,
    given
      .replace('"drop"', '"keep"')
      .replace('"medium"', '"high"')
      .replace('/bin/sh"', '/bin/ash"'),
  );
  const wrong = await run(["plugin", "test", plugin]);
  writeFileSync(caseFile, given);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stdout, /^FAILED events\[0\]: keep expected, the verdict is drop$/m);
  assert.match(
    wrong.stdout,
    /^FAILED expect\.findings\[0\]\.severity: "high" expected, not "medium"$/m,
  );
  assert.match(wrong.stderr, /^guidestar: \d expectations not met$/m);
});

test("a recording and events as they are printed go through a plugin as well", async () => {
  const recording = join(projectFolder, "host/cli/demo/workload.rec.gz");
  const recorded = await run(["plugin", "test", plugin, "--recording", recording]);
  assert.equal(recorded.code, 0, recorded.stderr);
  assert.match(recorded.stdout, /^74 events, 37 of them seen: 37 kept, 0 dropped; [\d,]+ units/m);

  const events = join(folder, "events.json");
  const exec = (binary: string) => ({ process_exec: { process: { exec_id: binary, binary } } });
  writeFileSync(events, ["/bin/date", "/bin/ls"].map((b) => JSON.stringify(exec(b))).join("\n"));
  const settings = '{"quiet":["ls"]}';
  const printed = await run(["plugin", "test", plugin, "--events", events, "--settings", settings]);
  assert.match(printed.stdout, /\/bin\/date +keep/);
  assert.match(printed.stdout, /\/bin\/ls +drop/);

  const wrong: [string, RegExp][] = [
    ["[", /not valid JSON/],
    [
      "{}",
      /the event has no process_exec, process_exit, process_kprobe, process_tracepoint, process_dns or test/,
    ],
    ['{"process_kprobe":{"process":{},"args":[{}]}}', /args\[0\]: it has no value, and no error/],
    ['{"process_exec":{"proces":{}}}', /unknown field "proces" \(did you mean "process"\?\)/],
    ['{"events":[],"expects":1}', /the case has the unknown field "expects"/],
    ['{"settings":{"quite":1},"events":[]}', /settings has no "quite" \(did you mean "quiet"\?\)/],
  ];
  for (const [text, message] of wrong) {
    writeFileSync(events, text);
    const refused = await run(["plugin", "test", plugin, "--events", events]);
    assert.equal(refused.code, 1, text);
    assert.match(refused.stderr, message);
  }
});

test("with --watch a plugin is built again when it is saved, mistakes or not", async () => {
  const running = start(["plugin", "build", plugin, "--watch"]);
  const source = join(plugin, "index.ts");
  const good = readFileSync(source, "utf8");
  await running.seen("stdout", /^built quiet-tools 0\.1\.0/m);
  await running.seen("stderr", /waits for changes/);
  writeFileSync(source, good.replace("Verdict.Keep", "Verdict.Kepp"));
  await running.seen("stderr", /does not compile[\s\S]*Kepp[\s\S]*waits for changes/);
  writeFileSync(source, good);
  await running.seen("stdout", /^built[\s\S]*^built/m);
  running.child.kill("SIGINT");
  const { code } = await running.outcome;
  assert.equal(code, 0);
});
