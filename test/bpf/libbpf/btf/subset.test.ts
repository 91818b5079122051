import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { BpfObject, Btf, Kind, relocatableNames, subsetOf } from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";

describe("a subset of the kernel's types", () => {
  const whole = Btf.kernel();
  const subset = new Btf(subsetOf(whole, ["task_struct", "pid_type", "no_such_type"]));

  test("has the same members at the same places", () => {
    const members = (btf: Btf) =>
      Object.entries(btf.struct("task_struct").members).map(([name, { offset, size, bitSize }]) => [
        name,
        offset,
        size,
        bitSize,
      ]);
    assert.deepEqual(members(subset), members(whole));
    assert.equal(subset.struct("task_struct").size, whole.struct("task_struct").size);
    assert.deepEqual(subset.enum("pid_type"), whole.enum("pid_type"));
  });

  test("has what is held, but not what is pointed to", () => {
    const embedded =
      subset.struct("task_struct").members.thread_info ?? subset.struct("task_struct").members.se;
    assert.ok(embedded);
    assert.equal(subset.find("mm_struct", Kind.STRUCT), undefined);
    assert.equal(subset.find("no_such_type"), undefined);
    assert.ok(subset.typeCount * 10 < whole.typeCount, `${subset.typeCount} types`);
  });

  test("is enough to relocate an object against", () => {
    const names = relocatableNames(BpfObject.open(program("core")).btf);
    assert.ok(names.has("task_struct"));
    const file = join(tmpdir(), `subset-${process.pid}.btf`);
    writeFileSync(file, subsetOf(whole, names));
    const object = BpfObject.open(program("core"), { kernelBtf: file });
    try {
      object.load();
      assert.ok(object.programs.every((program) => !program.autoload || program.fd > 0));
    } finally {
      object.close();
      rmSync(file);
    }
  });
});
