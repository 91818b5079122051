import assert from "node:assert/strict";
import { after, test } from "node:test";
import { BpfObject } from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";

const object = BpfObject.open(program("types"));
after(() => object.close());
const layout = object.btf.struct("everything");

test("members of nested and anonymous structs stand where the compiler puts them", () => {
  const constants = [...object.variables].filter(({ name }) => name.startsWith("offset_of_"));
  assert.ok(constants.length >= 15);
  for (const { name } of constants) {
    const member = name.slice("offset_of_".length);
    const path = Object.keys(layout.members).find((each) => each.replaceAll(".", "_") === member);
    assert.ok(path, `no member ${member}`);
    assert.equal(layout.members[path]?.offset, object.variables.get(name), path);
  }
  assert.equal(layout.size, object.variables.get("size_of_everything"));
});

test("a bit-field's layout tells its bits and the bytes they touch", () => {
  const { middle, wide } = layout.members;
  assert.equal(middle?.bitSize, 13);
  assert.equal(middle?.size, 2);
  assert.equal(wide?.bitSize, 40);
  assert.equal(Math.floor((wide?.bitOffset ?? 0) / 8), wide?.offset);
});

test("arrays tell their element count and are listed once", () => {
  assert.equal(layout.members.points?.count, 2);
  assert.equal(layout.members.points?.size, 16);
  assert.equal(layout.members["points.x"], undefined);
});

test("types are given as one would write them in C", () => {
  const texts = Object.fromEntries(
    Object.entries(layout.members).map(([name, { type }]) => [name, type]),
  );
  assert.equal(texts.text, "char[12]");
  assert.equal(texts.pixel, "pixel_t");
  assert.equal(texts.self, "struct everything *");
  assert.equal(texts.opaque, "const volatile void *const");
  assert.equal(texts.callback, "int (*)(struct point *, const char *)");
  assert.equal(texts.color, "enum color");
});

test("a struct is found by its typedef, too", () => {
  assert.deepEqual(Object.keys(object.btf.struct("pixel_t").members), ["r", "g", "b"]);
});

test("a layout is plain data that can go to another thread", () => {
  assert.deepEqual(structuredClone(layout), layout);
});

test("a function's prototype tells names, types and result", () => {
  const found = object.btf.function("some_function");
  assert.deepEqual(
    found?.parameters.map(({ name, type }) => `${name}: ${type}`),
    ["where: struct point *", "why: const char *", "number: __u64"],
  );
  assert.equal(found?.returns, "int");
  assert.equal(object.btf.function("no_such_function"), undefined);
});

test("enumerators come by name", () => {
  assert.equal(object.btf.enum("color").GREEN, 2);
});

test("an unknown type is refused with the nearest spelling", () => {
  assert.throws(() => object.btf.struct("evrything"), {
    code: "UNKNOWN_NAME",
    message: /no struct or union or typedef named "evrything" \(did you mean "everything"\?\)/,
  });
  assert.throws(() => object.btf.enum("point"), /BTF has no enum/);
  assert.throws(() => object.btf.struct(1_000_000), { code: "UNKNOWN_TYPE" });
});
