import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { release } from "node:os";
import { test } from "node:test";
import {
  BpfObject,
  hasHelper,
  hasMapType,
  hasProgramType,
  MapType,
  ProgramType,
  probeAttach,
  probedKinds,
  probeFeatures,
} from "../../../../bpf/libbpf/index.js";
import { tinyObject, tinyProgramName } from "../../../../bpf/libbpf/probe/tinyObject.js";
import { descriptors } from "../support/process.js";

const features = probeFeatures({
  helpers: { RAW_TRACEPOINT: ["ringbuf_output", "no_such_helper"] },
});

test("features are plain data", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(features)), structuredClone(features));
});

test("the kernel is told by its release", () => {
  assert.equal(features.kernel.release, release());
  assert.equal(features.kernel.version.join("."), /^\d+\.\d+\.\d+/.exec(release())?.[0]);
  assert.equal(features.btf.kernel, existsSync("/sys/kernel/btf/vmlinux"));
  assert.match(features.libbpf, /^1\.\d+$/);
});

test("types and helpers that every kernel since 5.8 has are found, and others are not", () => {
  for (const name of ["hash", "array", "percpu_array", "ringbuf", "hash_of_maps", "lru_hash"]) {
    assert.equal(features.mapTypes[name], true, name);
  }
  for (const name of ["raw_tracepoint", "tracepoint", "cgroup_skb"]) {
    assert.equal(features.programTypes[name], true, name);
  }
  assert.deepEqual(features.helpers.RAW_TRACEPOINT, {
    ringbuf_output: true,
    no_such_helper: false,
  });
  assert.equal(hasHelper(ProgramType.CGROUP_SKB, "bpf_override_return"), false);
  assert.equal(hasHelper(ProgramType.KPROBE, "probe_read_kernel"), true);
  assert.equal(hasHelper(ProgramType.SOCKET_FILTER, "override_return"), false);
  assert.equal(hasMapType(MapType.RINGBUF), true);
  assert.equal(hasMapType(9999 as MapType), false);
  assert.equal(hasProgramType(ProgramType.RAW_TRACEPOINT), true);
  assert.equal(hasHelper(ProgramType.TRACING, "ringbuf_output"), features.attach.tp_btf.works);
});

test("each way to attach has a verdict, and a refusal has a reason", () => {
  assert.deepEqual(Object.keys(features.attach), [...probedKinds]);
  assert.equal(features.attach.raw_tracepoint.works, true);
  for (const [kind, verdict] of Object.entries(features.attach)) {
    if (verdict.works) continue;
    assert.match(verdict.reason, /\w+ \w+/, kind);
    assert.match(verdict.code, /^[A-Z_]+$/, kind);
  }
});

test("probing leaves nothing behind", () => {
  const before = descriptors();
  for (const kind of probedKinds) probeAttach(kind);
  assert.equal(descriptors(), before);
});

test("the probing program does nothing but return a constant", () => {
  for (const returns of [0, 1, -1]) {
    const object = BpfObject.open(tinyObject("raw_tp", returns), { name: "tiny" }).load();
    assert.equal(object.program(tinyProgramName).testRun().returned, returns >>> 0);
    assert.equal(object.program(tinyProgramName).info().translatedBytes, 16);
    object.close();
  }
});
