import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { projectFolder } from "../../../host/plugins/build.js";
import { prepareModule } from "../../../host/plugins/prepareModule.js";
import { parseCase } from "../../../host/plugins/testing/fixture.js";
import { runCase } from "../../../host/plugins/testing/runCase.js";
import { Scene } from "../../host/plugins/events.js";
import { chainOf, compileExample } from "../../host/plugins/testPlugin.js";

const examples = join(projectFolder, "plugins/examples");

for (const name of readdirSync(examples).sort()) {
  const files = readdirSync(join(examples, name));
  if (!files.includes("test")) continue;
  test(`${name} passes the cases in its folder`, async () => {
    const prepared = prepareModule(await compileExample(name));
    const cases = readdirSync(join(examples, name, "test"));
    assert.ok(cases.length > 0);
    for (const file of cases) {
      const path = join(examples, name, "test", file);
      const result = await runCase(prepared, parseCase(readFileSync(path, "utf8"), path));
      assert.deepEqual(result.failures, [], file);
      assert.equal(result.counts.failed, 0, result.log.join("\n"));
    }
  });
}

test("every sample has a README, and is built with the others", () => {
  const { targets } = JSON.parse(readFileSync(join(projectFolder, "asconfig.json"), "utf8"));
  assert.deepEqual(Object.keys(targets).sort(), readdirSync(examples).sort());
  for (const name of Object.keys(targets)) {
    assert.match(
      readFileSync(join(examples, name, "README.md"), "utf8"),
      new RegExp(`^# ${name}\n`),
    );
  }
});

test("secrets are gone from the event, from later ones, and for the plugins behind", async () => {
  const chain = await chainOf([
    await compileExample("redact-secrets"),
    await compileExample("shell-alarm"),
  ]);
  const scene = new Scene();
  const run = (given: string) => {
    const process = scene.process("/bin/sh", scene.process("/usr/sbin/nginx"), {
      arguments: given,
    });
    const [event] = chain.run([scene.exec(process)]);
    assert.ok(event);
    return { process, event };
  };
  const cases: [string, string][] = [
    ["--password=hunter2 -v", "--password=[redacted] -v"],
    ["-c \"API_KEY='a b c' run\"", "-c \"API_KEY='[redacted]' run\""],
    ["postgres://u:p%40ss@db/x", "postgres://u:[redacted]@db/x"],
    ["TOKEN=", "TOKEN="],
    ["--verbose token.txt", "--verbose token.txt"],
  ];
  for (const [given, expected] of cases) {
    const { process, event } = run(given);
    assert.equal(process.arguments, expected);
    const rewritten = given === expected ? undefined : "redact-secrets";
    assert.equal(event.annotations?.get("guidestar.rewritten-by"), rewritten);
    const [finding] = chain.takeMade();
    assert.ok(finding && "attributes" in finding);
    // In this batch there is room for as many bytes as there were before.
    const seen = finding.attributes?.get("arguments") ?? "";
    assert.ok(seen !== "" && expected.startsWith(seen), seen);
  }
});
