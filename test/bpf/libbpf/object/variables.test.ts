import assert from "node:assert/strict";
import { test } from "node:test";
import { BpfObject } from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";

const file = program("types");

function withObject(use: (object: BpfObject) => void): void {
  const object = BpfObject.open(file, { name: "a-name-longer-than-eight" });
  try {
    use(object);
  } finally {
    object.close();
  }
}

test("variables have their initial values, in every section", () => {
  withObject(({ variables }) => {
    assert.deepEqual(variables.get("limits"), Uint8Array.of(1, 2, 3, 4));
    assert.equal(variables.get("paint"), 1);
    assert.deepEqual(variables.get("origin"), { x: 10, y: -20 });
    assert.equal(variables.get("counter"), 0n);
    assert.equal(variables.get("custom"), 77);
  });
});

test("programs see the values that were set before load, whole or in parts", () => {
  withObject((object) => {
    const { variables } = object;
    variables.set("config.nested.deep", 3);
    variables.set("config.points[1]", { x: 5 });
    variables.set("limits[2]", 7);
    variables.set("origin", { y: -1 });
    variables.set("paint", "GREEN");
    variables.set("custom", 78);
    object.load();
    assert.equal(object.program("sum").testRun().returned, 3_000_000 + 70_000 + 500 - 1 + 2 + 5);
  });
});

test("after load, variables of .data and .bss are those the programs use", () => {
  withObject((object) => {
    const { variables } = object;
    object.load();
    object.program("sum").testRun();
    object.program("sum").testRun();
    assert.equal(variables.get("counter"), 2n);
    variables.set("counter", 100n);
    variables.set("origin.y", 1000);
    variables.set("paint", "RED");
    assert.equal(object.program("sum").testRun().returned, 30_000 + 1000 + 1);
    assert.equal(variables.get("counter"), 101n);
    assert.deepEqual(variables.get("origin"), { x: 10, y: 1000 });
  });
});

test("constants cannot be set after load", () => {
  withObject((object) => {
    object.load();
    assert.throws(() => object.variables.set("limits[0]", 1), {
      code: "WRONG_STATE",
      message: /"limits" is in .rodata, which is constant once the object is loaded/,
    });
  });
});

test("unknown names and paths are refused, with what was meant", () => {
  withObject(({ variables }) => {
    const refused = (path: string, message: RegExp): void =>
      assert.throws(() => variables.set(path, 1), { code: "UNKNOWN_NAME", message });
    refused("confg", /no variable "confg" \(did you mean "config"\?\)/);
    refused("config.nestd", /config has no member "nestd" \(did you mean "nested"\?\)/);
    refused("config.nested.deep.er", /config.nested.deep has no members/);
    refused("limits[4]", /limits has 4 elements, there is no \[4\]/);
    refused("limits[x]", /an index is a number/);
    refused("counter[0]", /counter is no array/);
    refused("config.low", /bit-field/);
    refused("", /no variable ""/);
    refused("config..u8", /no member ""/);
    refused("config u8", /no variable/);
  });
});

test("of several values none is set if one is wrong", () => {
  withObject(({ variables }) => {
    assert.throws(() => variables.setAll({ custom: 1, paint: "PURPLE" }), /no enumerator/);
    assert.equal(variables.get("custom"), 77);
    variables.setAll({ custom: 1, paint: "RED" });
    assert.equal(variables.get("custom"), 1);
  });
});

test("variables tell their section, type and size", () => {
  withObject(({ variables }) => {
    assert.ok(variables.has("origin"));
    assert.deepEqual(
      [...variables].find(({ name }) => name === "origin"),
      { name: "origin", section: ".data", size: 8, type: "volatile struct point", readOnly: false },
    );
  });
});
