import assert from "node:assert/strict";
import { test } from "node:test";
import { BpfError, Btf, codecOf, Kind } from "../../../../bpf/libbpf/index.js";
import { BtfBuilder } from "../support/btfBuilder.js";

const INT_SIGNED = (1 << 24) | 32;

test("64-bit enums, floats and tags are understood", () => {
  const builder = new BtfBuilder();
  const one = builder.text("HUGE");
  const two = builder.text("MINUS");
  const btf = new Btf(
    builder
      .type(
        "wide",
        Kind.ENUM64,
        8,
        [one, 0x5566_7788, 0x1122_3344, two, 0xffff_fffe, 0xffff_ffff],
        2,
        1,
      )
      .type("double", Kind.FLOAT, 8)
      .type("user", Kind.TYPE_TAG, 2)
      .type("", Kind.PTR, 3)
      .type("note", Kind.DECL_TAG, 4, [0])
      .build(),
  );
  assert.deepEqual(btf.enum("wide"), { HUGE: 0x1122334455667788n, MINUS: -2 });
  assert.equal(btf.text(4), "double *");
  assert.equal(btf.sizeOf(3), 8);
  const double = codecOf(btf, 2);
  const view = new DataView(new ArrayBuffer(8));
  double.write(view, 0, 2.5, "x");
  assert.equal(double.read(view, 0), 2.5);
});

test("a split BTF goes on where its base ends, in ids and strings", () => {
  const base = new BtfBuilder().type("int", Kind.INT, 4, [INT_SIGNED]);
  const baseBtf = new Btf(base.build());
  const split = new BtfBuilder(baseBtf.stringsEnd);
  const member = split.text("value");
  const btf = new Btf(split.type("mine", Kind.STRUCT, 4, [member, 1, 0], 1).build(), baseBtf);
  assert.equal(btf.typeCount, 2);
  assert.equal(btf.struct("mine").members.value?.type, "int");
  assert.equal(btf.find("int", Kind.INT)?.id, 1);
  assert.deepEqual([...btf.names("")], ["int", "mine"]);
});

test("damaged BTF is refused or read, but never crashes or hangs", () => {
  const builder = new BtfBuilder();
  const member = builder.text("next");
  const good = builder
    .type("node", Kind.STRUCT, 8, [member, 2, 0], 1)
    .type("", Kind.PTR, 1)
    .type("node_t", Kind.TYPEDEF, 1)
    .build();
  for (let at = 0; at < good.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ flip;
      try {
        const btf = new Btf(bad);
        for (let id = 1; id <= btf.typeCount; id++) {
          btf.text(id);
          btf.sizeOf(id);
          if (btf.type(id).kind === Kind.STRUCT) btf.struct(id);
        }
      } catch (error) {
        assert.ok(error instanceof BpfError, `byte ${at} ^ ${flip}: ${error}`);
      }
    }
    try {
      new Btf(good.subarray(0, at));
    } catch (error) {
      assert.ok(error instanceof BpfError, `cut at ${at}: ${error}`);
    }
  }
});

test("types that refer to each other in a circle are refused", () => {
  const typedefs = new Btf(
    new BtfBuilder().type("a", Kind.TYPEDEF, 2).type("b", Kind.TYPEDEF, 1).build(),
  );
  assert.throws(() => typedefs.resolve(1), { code: "MALFORMED_BTF" });
  const builder = new BtfBuilder();
  const member = builder.text("self");
  const structs = new Btf(builder.type("s", Kind.STRUCT, 8, [member, 1, 0], 1).build());
  assert.throws(() => structs.struct("s"), { code: "MALFORMED_BTF" });
});
