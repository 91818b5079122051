import assert from "node:assert/strict";
import { after, test } from "node:test";
import { BpfObject, ClosedError, RingBuffer } from "../../../../bpf/libbpf/index.js";
import { program } from "../support/programs.js";

const object = BpfObject.open(program("ring")).load();
const produce = object.program("produce");
after(() => object.close());

const sent = (): number => Number(object.variables.get("sent"));
/** Puts `count` records of `bytes` into the ring. */
const put = (count: number, bytes = 64): void => {
  assert.equal(produce.testRun({ context: [count, bytes, 0, 0] }).returned, 0);
};

function withRing(use: (ring: RingBuffer) => void): void {
  const ring = new RingBuffer(object.map("events"));
  try {
    use(ring);
    if (!ring.closed) ring.drain(Number.POSITIVE_INFINITY, () => undefined);
  } finally {
    ring.close();
  }
}

test("records of changing size come out whole, in order, around the end of the ring", () => {
  withRing((ring) => {
    const before = sent();
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
    assert.ok(ring.discarded >= 600);
  });
});

test("no more records are visited than asked for; the rest stays", () => {
  withRing((ring) => {
    put(10);
    assert.equal(
      ring.drain(4, () => undefined),
      4,
    );
    assert.equal(ring.available(), 6 * (64 + 8));
    assert.equal(
      ring.drain(0, () => undefined),
      0,
    );
    assert.equal(
      ring.drain(100, () => undefined),
      6,
    );
    assert.equal(ring.available(), 0);
  });
});

test("a batch is an iterable of records, bounded, with one object for all", () => {
  withRing((ring) => {
    put(10, 100);
    const numbers: number[] = [];
    const objects = new Set<object>();
    for (const record of ring.batch(7)) {
      objects.add(record);
      assert.equal(record.size, 100);
      assert.equal(record.bytes.length, 100);
      const copy = record.copy();
      numbers.push(Buffer.from(copy).readUInt32LE(0));
    }
    assert.deepEqual(
      numbers,
      Array.from({ length: 7 }, (_, i) => sent() - 10 + i),
    );
    assert.equal(objects.size, 1);
    assert.equal([...ring.batch(100)].length, 3);
  });
});

test("a loop that is left early has taken the record it was left at, and no more", () => {
  withRing((ring) => {
    put(5);
    for (const record of ring.batch(5)) if (record.size > 0) break;
    assert.equal(ring.available(), 4 * 72);
    assert.throws(() => {
      for (const _ of ring.batch(5)) throw new Error("mine");
    }, /mine/);
    assert.equal(ring.available(), 3 * 72);
    assert.deepEqual([...ring.batch(0)], []);
  });
});

test("a visitor that throws has taken its record", () => {
  withRing((ring) => {
    put(3);
    let visits = 0;
    const failing = (): void => {
      if (++visits === 2) throw new Error("mine");
    };
    assert.throws(() => ring.drain(10, failing), /mine/);
    assert.equal(
      ring.drain(10, () => undefined),
      1,
    );
  });
});

test("a full ring loses nothing that was in it, and goes on once it was read", () => {
  withRing((ring) => {
    const lost = (): bigint => object.variables.get("lost") as bigint;
    const before = lost();
    put(2000, 64);
    const dropped = Number(lost() - before);
    assert.ok(dropped > 0);
    assert.equal(
      ring.drain(10_000, () => undefined),
      2000 - dropped,
    );
    put(1);
    assert.equal(
      ring.drain(10, () => undefined),
      1,
    );
  });
});

test("records are handed back while a long batch goes on", () => {
  withRing((ring) => {
    const before = object.variables.get("lost");
    let visits = 0;
    put(500, 100);
    // The ring holds fewer than 1000 such records: without handing back, these would be lost.
    ring.drain(100_000, () => {
      if (++visits <= 5000) put(1, 100);
    });
    assert.equal(visits, 5500);
    assert.equal(object.variables.get("lost"), before);
  });
});

test("reading while reading is refused", () => {
  withRing((ring) => {
    put(3);
    ring.drain(1, () => {
      assert.throws(() => ring.drain(1, () => undefined), { code: "BUSY" });
      assert.throws(() => [...ring.batch(1)], { code: "BUSY" });
    });
    for (const _ of ring.batch(1))
      assert.throws(() => ring.drain(1, () => undefined), { code: "BUSY" });
    assert.equal(
      ring.drain(5, () => undefined),
      1,
    );
  });
});

test("a reader goes on where the one before it stopped", () => {
  withRing((ring) => {
    put(5);
    ring.drain(2, () => undefined);
  });
  const first = sent();
  put(2);
  withRing((ring) => {
    const numbers = [...ring.batch(9)].map(() => 0);
    assert.equal(numbers.length, 2);
    assert.equal(sent(), first + 2);
  });
});

test("what is no ring buffer is refused by name", () => {
  assert.throws(() => new RingBuffer(object.map("scratch")), {
    code: "WRONG_KIND",
    message: 'map "scratch" is no ring buffer: its type is array, it must be ringbuf',
  });
  assert.throws(() => new RingBuffer(-3), { code: "BAD_VALUE" });
  assert.throws(() => new RingBuffer(99_999), { code: "EBADF" });
  object.close();
  assert.throws(() => new RingBuffer(object.map("events")), ClosedError);
});
