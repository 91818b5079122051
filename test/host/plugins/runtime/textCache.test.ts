import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TextCache } from "../../../../host/plugins/runtime/textCache.js";

test("what comes out is what is in memory, whatever came out before", () => {
  const cache = new TextCache();
  const word = fc.oneof(fc.string({ maxLength: 40 }), fc.constantFrom("a", "b", "é", "nginx", ""));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), fc.nat(9), (words, ahead) => {
      for (const text of words) {
        const memory = Buffer.concat([
          Buffer.alloc(ahead, 0x78),
          Buffer.from(text),
          Buffer.from("x"),
        ]);
        assert.equal(cache.read(memory, ahead, memory.length - 1, "value"), text);
      }
    }),
  );
});

test("thousands of different words do not make it forget what is right", () => {
  const cache = new TextCache();
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 10_000; n++) {
      const memory = Buffer.from(`word-${n}`);
      assert.equal(cache.read(memory, 0, memory.length, "key"), `word-${n}`);
    }
  }
});
