import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isProbe,
  lastApplied,
  probesFromAnnotations,
  probesFromHealthcheck,
} from "../../../host/pods/probes.js";
import { processIn } from "./support.js";

test("a probe's command is told by its binary and all its arguments", () => {
  const process = processIn("a", { binary: "/bin/sh", arguments: '-c "test -f /ok"' });
  for (const [expected, command] of [
    [true, ["sh", "-c", "test -f /ok"]],
    [true, ["/bin/sh", "-c", "test -f /ok"]],
    [true, ["./sh", "-c", "test -f /ok"]],
    [false, ["/usr/bin/sh", "-c", "test -f /ok"]],
    [false, ["sh", "-c", "test", "-f", "/ok"]],
    [false, ["sh"]],
  ] as const)
    assert.equal(isProbe(process, [command]), expected, JSON.stringify(command));
  assert.equal(isProbe(process, []), false);
});

test("annotations that are no pod's configuration tell of no probes", () => {
  for (const text of ["", "{", "null", "[]", '{"kind":"Deployment","spec":{"containers":[]}}'])
    assert.deepEqual(probesFromAnnotations({ [lastApplied]: text }, "web"), []);
  assert.deepEqual(probesFromAnnotations({}, "web"), []);
  const strange = { kind: "Pod", spec: { containers: [null, 5, { name: "web" }] } };
  assert.deepEqual(probesFromAnnotations({ [lastApplied]: JSON.stringify(strange) }, "web"), []);
});

test("Docker's health check is a probe, run by the shell that the image names", () => {
  assert.deepEqual(probesFromHealthcheck(["CMD", "curl", "x"], undefined), [["curl", "x"]]);
  assert.deepEqual(probesFromHealthcheck(["CMD-SHELL", "curl x"], undefined), [
    ["/bin/sh", "-c", "curl x"],
  ]);
  assert.deepEqual(probesFromHealthcheck(["CMD-SHELL", "x"], ["/bin/bash", "-lc"]), [
    ["/bin/bash", "-lc", "x"],
  ]);
  for (const none of [undefined, null, [], ["NONE"], ["CMD"], "CMD x"])
    assert.deepEqual(probesFromHealthcheck(none, undefined), []);
});
