import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BpfObject, RingBuffer } from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";

const ringBytes = 16 << 20;

const residentBytes = (): number => {
  const kib = /^RssFile:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return Number(kib) * 1024;
};

test("a large ring takes little memory of its reader, wherever the reader is", () => {
  const object = BpfObject.open(program("ring"));
  object.map("events").maxEntries = ringBytes;
  object.load();
  const before = residentBytes();
  const ring = new RingBuffer(object.map("events"));
  try {
    let next = 0;
    let most = 0;
    // Some three times around the ring, sometimes with most of it full.
    for (let round = 0; next < 24_000; round++) {
      const count = [1, 40, 3000][round % 3] ?? 0;
      const context = [count, 16, 4000, 7] as const;
      assert.equal(object.program("produce").testRun({ context }).returned, 0);
      ring.drain(10_000, (offset, size) => {
        assert.equal(ring.view.getBigUint64(offset, true), BigInt(next));
        assert.equal(ring.view.getUint32(offset + 8, true), size);
        assert.equal(size, 16 + (next % 4000));
        next++;
        if (next % 500 === 0) most = Math.max(most, residentBytes() - before);
      });
    }
    assert.equal(object.variables.get("lost"), 0n);
    assert.equal(object.variables.get("sent"), BigInt(next));
    assert.ok(most < 6 << 20, `${most} bytes`);
  } finally {
    ring.close();
    object.close();
  }
});
