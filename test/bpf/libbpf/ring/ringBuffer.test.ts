import assert from "node:assert/strict";
import { after, test } from "node:test";
import { BpfObject, RingBuffer } from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";

const object = BpfObject.open(program("ring")).load();
const produce = object.program("produce");
after(() => object.close());

test("records of changing size come out whole, in order, around the end of the ring", () => {
  const ring = new RingBuffer(object.map("events"));
  const before = Number(object.variables.get("sent"));
  let next = before;
  for (let round = 0; round < 200; round++) {
    produce.testRun({ context: [20, 16, 1500, 7] });
    ring.drain(1000, (offset, size) => {
      assert.equal(ring.view.getBigUint64(offset, true), BigInt(next));
      assert.equal(ring.view.getUint32(offset + 8, true), size);
      assert.equal(size, 16 + (next % 1500));
      next++;
    });
  }
  assert.equal(next - before, 4000);
  assert.equal(ring.available(), 0);
  assert.equal(object.variables.get("lost"), 0n);
  assert.equal(BigInt(ring.discarded), object.variables.get("discarded"));
  ring.close();
});
