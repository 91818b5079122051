import assert from "node:assert/strict";
import { test } from "node:test";
import { BpfObject, enableStats, programInfo, testRun } from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";

test("runs are counted while statistics are on", () => {
  const object = BpfObject.open(program("maps")).load();
  const stats = enableStats();
  try {
    const target = object.program("target_of_jump");
    const before = target.info().runCount;
    for (let i = 0; i < 10; i++) target.testRun();
    assert.equal(target.info().runCount, before + 10n);
    assert.ok(target.info().runTimeNs > 0n);
    assert.equal(target.info().recursionMisses, 0n);
  } finally {
    stats.close();
    stats.close();
    object.close();
  }
});

test("a program can be run by its descriptor alone", () => {
  const object = BpfObject.open(program("maps")).load();
  const { fd } = object.program("target_of_jump");
  assert.equal(testRun("it", fd).returned, 42);
  assert.equal(programInfo(fd).name, "target_of_jump");
  object.close();
  assert.throws(() => testRun("it", fd), /cannot run it/);
});

test("input that a program type does not take is refused", () => {
  const object = BpfObject.open(program("maps")).load();
  assert.throws(() => object.program("jump").testRun({ data: new Uint8Array(64) }), {
    code: "EINVAL",
    message: /cannot run program "jump": invalid argument/,
  });
  object.close();
});
