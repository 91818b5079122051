import assert from "node:assert/strict";
import { test } from "node:test";
import { probeKernel } from "../../../host/sensors/probe.js";

test("the probe tells what works here and what it is used for, as plain data", () => {
  const probe = probeKernel();
  assert.deepEqual(structuredClone(probe), probe);
  assert.equal(probe.ready, true);
  assert.deepEqual(probe.problems, []);
  assert.match(probe.kernel, /^\d+\.\d+/);
  assert.match(probe.libbpf ?? "", /^1\.\d+$/);
  const names = probe.features.map(({ name }) => name);
  assert.deepEqual(names.slice(0, 2), ["typed raw tracepoints", "ring buffer"]);
  assert.equal(new Set(names).size, names.length);
  for (const { name, available, use, reason } of probe.features) {
    assert.ok(use.length > 0, name);
    if (available) assert.equal(reason, undefined, name);
  }
  const attached = ["typed raw tracepoints", "ring buffer", "raw tracepoints"];
  for (const name of attached) {
    assert.equal(probe.features.find((feature) => feature.name === name)?.available, true, name);
  }
});
