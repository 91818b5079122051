import assert from "node:assert/strict";
import { test } from "node:test";
import { NameCache } from "../../../host/dns/nameCache.js";

const second = 1_000_000_000n;

test("an address has the names that it was asked for by, the youngest first, in its own network", () => {
  const cache = new NameCache();
  cache.learn(1, "192.0.2.1", "A.example.", 60, 0n);
  cache.learn(1, "192.0.2.1", "b.example.", 60, second);
  cache.learn(1, "192.0.2.1", "a.example.", 60, 2n * second);
  assert.deepEqual(cache.namesOf(1, "192.0.2.1", 3n * second), ["a.example.", "b.example."]);
  assert.equal(cache.namesOf(2, "192.0.2.1", 3n * second), undefined);
  assert.equal(cache.namesOf(1, "192.0.2.2", 3n * second), undefined);
});

test("names go when their time is over, which is never shorter than it takes to connect", () => {
  const cache = new NameCache();
  cache.learn(1, "192.0.2.1", "short.", 0, 0n);
  cache.learn(1, "192.0.2.1", "long.", 60, 0n);
  assert.deepEqual(cache.namesOf(1, "192.0.2.1", 5n * second), ["long.", "short."]);
  assert.deepEqual(cache.namesOf(1, "192.0.2.1", 5n * second + 1n), ["long."]);
  assert.equal(cache.namesOf(1, "192.0.2.1", 61n * second), undefined);
  assert.equal(cache.size, 0);
  cache.learn(1, "192.0.2.1", "for-ever.", 0xffffffff, 0n);
  assert.equal(cache.namesOf(1, "192.0.2.1", 25n * 3600n * second), undefined);
});

test("neither addresses nor names of one are remembered without bound", () => {
  const cache = new NameCache();
  for (let n = 0; n < 20_000; n++) cache.learn(1, `10.${n}`, "a.", 60, 0n);
  assert.equal(cache.size, 16_384);
  assert.equal(cache.namesOf(1, "10.0", 0n), undefined, "the oldest is gone");
  for (let n = 0; n < 50; n++) cache.learn(1, "192.0.2.1", `n${n}.`, 60, 0n);
  const names = cache.namesOf(1, "192.0.2.1", 0n) ?? [];
  assert.deepEqual([names.length, names[0]], [8, "n49."]);
});
