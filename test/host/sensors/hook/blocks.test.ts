import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  addressBlocks,
  type Block,
  rangeBlocks,
} from "../../../../host/sensors/hook/selector/blocks.js";

const whole = 1n << 64n;

/** First and last number of a block, as the kernel's programs order them. */
function endsOf({ bits, value }: Block): readonly [bigint, bigint] {
  const first = new DataView(value.buffer, value.byteOffset).getBigUint64(0);
  return [first, first + (whole >> BigInt(bits)) - 1n];
}

describe("a range as blocks", () => {
  for (const signed of [false, true]) {
    const bias = signed ? 1n << 63n : 0n;
    const number = signed ? fc.bigInt(-(1n << 63n), (1n << 63n) - 1n) : fc.bigInt(0n, whole - 1n);
    test(`is that range, without gaps and overlaps (${signed ? "signed" : "unsigned"})`, () => {
      fc.assert(
        fc.property(number, number, (a, b) => {
          const [from, to] = a < b ? [a, b] : [b, a];
          const blocks = rangeBlocks(from, to, signed).map(endsOf);
          assert.ok(blocks.length <= 128);
          let next = from + bias;
          for (const [first, last] of blocks) {
            assert.equal(first, next);
            next = last + 1n;
          }
          assert.equal(next, to + bias + 1n);
        }),
      );
    });
  }

  test("is one block if it is everything, or one number", () => {
    assert.deepEqual(
      rangeBlocks(0n, whole - 1n, false).map(({ bits }) => bits),
      [0],
    );
    assert.deepEqual(
      rangeBlocks(7n, 7n, false).map(({ bits }) => bits),
      [64],
    );
    assert.deepEqual(rangeBlocks(-1n, -1n, true).map(endsOf), [
      [(1n << 63n) - 1n, (1n << 63n) - 1n],
    ]);
  });

  test("that ends before it begins is none", () => {
    assert.deepEqual(rangeBlocks(8n, 7n, false), []);
  });
});

test("a network of IPv4 in IPv6 is one of IPv4", () => {
  const mapped = Uint8Array.from([...new Array<number>(10).fill(0), 0xff, 0xff, 10, 1, 0, 0]);
  assert.deepEqual(addressBlocks({ address: mapped, bits: 112 }), {
    bits: 16,
    family: 4,
    value: Uint8Array.of(10, 1, 0, 0),
  });
  assert.equal(addressBlocks({ address: mapped, bits: 95 }).family, 6);
});
