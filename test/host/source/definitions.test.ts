import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDescription } from "../../../host/events/hook/definition.js";
import { Definitions } from "../../../host/source/definitions.js";
import { enumerator, offsetOf, sizeOf } from "../../../host/source/recordLayout.js";
import { description, layout } from "../events/hook/support.js";

const struct = "gs_hook_definition";

/** Number of the hook and what is told of it, record by record. */
function read(definitions: Definitions, where: "readAhead" | "readBehind") {
  const seen: [number, unknown][] = [];
  const count = definitions[where]((_bytes, view, offset, size) => {
    const u32 = (field: string) => view.getUint32(offset + offsetOf(layout, struct, field), true);
    assert.equal(u32("header.size"), size);
    assert.equal(size % 8, 0);
    const type = enumerator(layout, "gs_record_type", "GS_RECORD_HOOK_DEFINITION");
    assert.equal(view.getUint16(offset + offsetOf(layout, struct, "header.type"), true), type);
    const start = view.byteOffset + offset + sizeOf(layout, struct);
    const json = Buffer.from(view.buffer, start, u32("size")).toString();
    seen.push([u32("hook"), json === "" ? undefined : parseDescription(json, u32("hook"))]);
  });
  assert.equal(count, seen.length);
  return seen;
}

test("what is told of hooks is handed over once, ahead; their end behind", () => {
  const definitions = new Definitions(layout);
  assert.equal(definitions.waiting, false);
  const some = [
    description({ hook: 1, message: "é", tags: ["t"] }),
    description({
      hook: 4_000_000_000,
      kind: "tracepoint",
      subsystem: "sched",
      args: [{ type: "s64", index: 5, label: "l" }],
      returned: { type: "s32", index: 0 },
    }),
  ];
  definitions.define(some);
  definitions.forget([7]);
  assert.equal(definitions.waiting, true);
  assert.deepEqual(read(definitions, "readAhead"), [
    [1, some[0]],
    [4_000_000_000, some[1]],
  ]);
  assert.deepEqual(read(definitions, "readAhead"), []);
  assert.equal(definitions.waiting, true);
  assert.deepEqual(read(definitions, "readBehind"), [[7, undefined]]);
  assert.equal(definitions.waiting, false);
});
