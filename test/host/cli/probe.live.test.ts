import assert from "node:assert/strict";
import { test } from "node:test";
import type { KernelProbe } from "../../../host/sensors/probe.js";
import { run, shell } from "./support/run.js";

test("JSON and tab-separated output tell the same of this kernel", async () => {
  const json = await run(["probe", "-o", "json"]);
  const found = JSON.parse(json.stdout) as KernelProbe;
  assert.equal(json.code, found.ready ? 0 : 1);
  assert.ok(found.features.some(({ name }) => name === "ring buffer"));
  const { stdout } = await run(["probe"]);
  const rows = stdout.trimEnd().split("\n");
  assert.deepEqual(
    rows.map((row) => row.split("\t").slice(0, 2)),
    found.features.map(({ name, available }) => [name, available ? "yes" : "no"]),
  );
});

test("without capabilities it says what to do, with exit code 1", async () => {
  const { code, stdout, stderr } = await shell(
    `export -f guidestar; setpriv --bounding-set -all --inh-caps -all bash -c "guidestar probe"`,
  );
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^guidestar: .*CAP_BPF.*run as root/);
});
