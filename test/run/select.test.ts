import assert from "node:assert/strict";
import { test } from "node:test";
import { findTests, select } from "./select.js";
import { phaseOf, runsInGuest } from "./suites.js";

const names = [
  "bpf/libbpf/ring",
  "guest/guest",
  "guest/inside/kernel",
  "host/plugins/store",
  "host/source/ring.live",
  "host/stream/queue",
];

test("tests that load eBPF programs run one by one, here and in the guest; system-wide ones in the guest only", () => {
  assert.equal(phaseOf("host/plugins/store"), "unit");
  assert.equal(phaseOf("host/source/ring.live"), "kernel");
  assert.equal(phaseOf("bpf/libbpf/ring"), "kernel");
  assert.equal(phaseOf("guest/guest"), "guest");
  assert.equal(phaseOf("guest/inside/kernel"), undefined);
  const inside = ["bpf/libbpf/ring", "guest/inside/kernel", "host/source/ring.live"];
  assert.deepEqual(names.filter(runsInGuest), inside);
});

test("without filters everything runs; without the guest, all but it", () => {
  const all = select(names, [], { guest: true });
  assert.deepEqual(all.byPhase, {
    unit: ["host/plugins/store", "host/stream/queue"],
    kernel: ["bpf/libbpf/ring", "host/source/ring.live"],
    guest: ["guest/guest"],
  });
  assert.equal(all.inGuest.length, 3);
  const fast = select(names, [], { guest: false });
  assert.deepEqual([fast.byPhase.guest, fast.inGuest], [[], []]);
});

test("a filter may be part of a name, a source or a compiled file", () => {
  for (const filter of [
    "host/plugins",
    "plugins/store",
    "test/host/plugins/store.test.ts",
    "./test/host/plugins/",
    "dist/test/host/plugins/store.test.js",
  ]) {
    const { byPhase, inGuest } = select(names, [filter], { guest: true });
    assert.deepEqual(byPhase, { unit: ["host/plugins/store"], kernel: [], guest: [] }, filter);
    assert.deepEqual(inGuest, [], filter);
  }
});

test("guest/ in front means the run in the guest", () => {
  const chosen = (filter: string) => select(names, [filter], { guest: true });
  assert.deepEqual(chosen("guest").inGuest.length, 3);
  assert.deepEqual(chosen("guest/inside/kernel").inGuest, ["guest/inside/kernel"]);
  assert.deepEqual(chosen("test/guest/inside/kernel.test.ts").inGuest, ["guest/inside/kernel"]);
  assert.deepEqual(chosen("guest/bpf/libbpf").inGuest, ["bpf/libbpf/ring"]);
  assert.deepEqual(chosen("guest/bpf/libbpf").byPhase, {
    unit: [],
    kernel: [],
    guest: ["guest/guest"],
  });
  assert.deepEqual(chosen("bpf/libbpf").inGuest, []);
});

test("this test file is found", () => {
  assert.ok(findTests().includes("run/select"));
});
