import assert from "node:assert/strict";
import { after, test } from "node:test";
import { BpfObject, type Codec, codecOf, Kind } from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";

const object = BpfObject.open(program("types")).load();
after(() => object.close());
type Value = Record<string, unknown>;
const values = object.map<number, Value>("values");

test("what a program wrote reads as typed values", () => {
  object.program("fill").testRun();
  const value = values.lookup(0);
  assert.deepEqual(value, {
    u8: 200,
    s16: -300,
    u32: 4000000000,
    s64: -5000000000n,
    u64: 0xfffffffffffffff0n,
    flag: true,
    // Clang before 16 does not mark an enum as signed.
    color: value?.color === -3 ? -3 : 0xffff_fffd,
    text: "hello",
    raw: Uint8Array.of(0, 0, 0, 0, 0, 9),
    numbers: [0, 0, 65535],
    points: [
      { x: 0, y: 0 },
      { x: 0, y: -7 },
    ],
    pixel: { r: 0, g: 0, b: 3 },
    inner: 11,
    as_word: 0x04030201,
    as_bytes: Uint8Array.of(1, 2, 3, 4),
    nested: { corner: { x: 0, y: 12 }, deep: 13 },
    low: 5,
    middle: 8000,
    negative: -9,
    wide: 0xabcdef0123n,
    self: 0n,
    opaque: 0n,
    callback: 0n,
  });
});

test("what user space writes is what a program reads", () => {
  values.update(0, {
    u8: 201,
    s16: -301,
    u32: 4000000001,
    s64: -5000000001n,
    u64: 0xfffffffffffffff1n,
    flag: false,
    color: "GREEN",
    text: "hel",
    raw: [0, 0, 0, 0, 0, 10],
    numbers: [1, 2, 65534],
    points: [{}, { y: -8 }],
    pixel: { b: 4 },
    inner: 12,
    as_bytes: Uint8Array.of(0, 0, 0, 5),
    nested: { corner: { y: 13 }, deep: 14 },
    low: 6,
    middle: 8001,
    negative: -10,
    wide: 0xabcdef0124n,
  });
  assert.equal(object.program("check").testRun().returned, 0);
});

const codec = codecOf(object.btf, object.btf.get("everything", Kind.STRUCT).id) as Codec<Value>;

function refusal(value: Value): string {
  try {
    codec.write(new DataView(new ArrayBuffer(codec.size)), 0, value, "config");
  } catch (error) {
    return (error as Error).message;
  }
  return "taken";
}

test("values that do not fit are refused by name, with the range", () => {
  assert.equal(refusal({ u8: 256 }), "config.u8: 256 does not fit __u8 (0 to 255)");
  assert.equal(refusal({ u8: -1 }), "config.u8: -1 does not fit __u8 (0 to 255)");
  assert.equal(refusal({ s16: 32768 }), "config.s16: 32768 does not fit __s16 (-32768 to 32767)");
  assert.equal(refusal({ u32: 1.5 }), "config.u32: 1.5 is no integer, __u32 needs one");
  assert.equal(refusal({ u32: "7" }), 'config.u32: "7" is no integer, __u32 needs one');
  assert.match(refusal({ u64: 2 ** 60 }), /give it as a bigint/);
  assert.match(refusal({ u64: 1n << 64n }), /does not fit __u64/);
  assert.match(refusal({ flag: 2 }), /config.flag: 2 is no .*bool: use true or false/i);
  assert.match(refusal({ low: 8 }), /config.low: 8 does not fit __u32:3 \(0 to 7\)/);
  assert.match(refusal({ negative: 16 }), /\(-16 to 15\)/);
  assert.match(refusal({ text: "thirteen char" }), /13 bytes long, char\[12\] holds 12/);
  assert.match(refusal({ raw: Uint8Array.of(1) }), /has 1 bytes, __u8\[6\] needs 6/);
  assert.match(refusal({ raw: [0, 0, 0, 0, 0, 256] }), /config.raw\[5\]: 256 is no byte/);
  assert.match(refusal({ numbers: [1, 2, 3, 4] }), /has 4 elements, __u16\[3\] holds 3/);
  assert.match(refusal({ points: [{ x: 1 }, { z: 1 }] }), /config.points\[1\]: "z" is no member/);
  assert.match(refusal({ nested: { dep: 1 } }), /did you mean "deep"/);
  assert.match(
    refusal({ color: "GREN" }),
    /no enumerator of enum color \(did you mean "GREEN"\?\)/,
  );
  assert.match(refusal({ nested: 5 }), /config.nested: 5 is no object/);
});

test("members that are left out stay as they are", () => {
  const view = new DataView(new ArrayBuffer(codec.size));
  codec.write(view, 0, { u8: 1, nested: { deep: 2 } }, "x");
  codec.write(view, 0, { nested: { corner: { x: 3 } } }, "x");
  const { u8, nested } = codec.read(view, 0);
  assert.equal(u8, 1);
  assert.deepEqual(nested, { corner: { x: 3, y: 0 }, deep: 2 });
});
