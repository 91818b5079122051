import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesCodec, KernelMap, MapType } from "../../../../bpf/libbpf/index.js";
import { startThread } from "../support/threads.js";

const bytes = { key: bytesCodec(4), value: bytesCodec(4) };

function make(type: number, maxEntries: number, flags = 0): KernelMap<unknown, unknown> {
  return KernelMap.create({ type, keySize: 4, valueSize: 4, maxEntries, flags }, bytes);
}

const key = (n: number): Uint8Array => new Uint8Array(Uint32Array.of(n).buffer);
const number = (k: unknown): number =>
  new DataView((k as Uint8Array).buffer, (k as Uint8Array).byteOffset).getUint32(0, true);

test("a big map is iterated completely, each key once", () => {
  const map = make(MapType.HASH, 100_000);
  for (let i = 0; i < 20_000; i++) map.update(key(i), key(i * 2));
  const seen = new Set<number>();
  for (const [k, v] of map) {
    assert.equal(number(v), number(k) * 2);
    assert.ok(!seen.has(number(k)));
    seen.add(number(k));
  }
  assert.equal(seen.size, 20_000);
  map.close();
});

test("entries can be deleted and added while iterating", () => {
  const map = make(MapType.HASH, 10_000);
  for (let i = 0; i < 5000; i++) map.update(key(i), key(i));
  let count = 0;
  for (const k of map.keys()) {
    count++;
    map.delete(k);
    map.update(key(number(k) + 5000), key(1), "any");
    if (count > 20_000) break;
  }
  assert.ok(count >= 5000 && count <= 10_000, `${count} keys`);
  map.close();
});

test("keys that stay are all seen, once, while another thread changes the map", async () => {
  const map = make(MapType.HASH, 20_000);
  for (let i = 0; i < 2000; i++) map.update(key(i), key(i));
  const stop = new SharedArrayBuffer(4);
  const data = { fd: map.fd, stop, from: 10_000, count: 5000 };
  const { exited } = await startThread("churn", data);
  for (let round = 0; round < 30; round++) {
    const seen = new Map<number, number>();
    for (const k of map.keys()) seen.set(number(k), (seen.get(number(k)) ?? 0) + 1);
    for (let i = 0; i < 2000; i++) assert.equal(seen.get(i), 1, `key ${i} in round ${round}`);
    assert.ok([...seen.values()].every((times) => times === 1));
  }
  Atomics.store(new Int32Array(stop), 0, 1);
  await exited;
  map.close();
});

test("a map type without batches is walked key by key, deletions included", () => {
  const NO_PREALLOC = 1;
  const map = KernelMap.create<Uint8Array, Uint8Array>(
    { type: MapType.HASH_OF_MAPS, keySize: 4, valueSize: 4, maxEntries: 50, inner: inner() },
    { key: bytesCodec(4) as never },
  );
  const trie = KernelMap.create<Uint8Array, Uint8Array>(
    { type: MapType.LPM_TRIE, keySize: 8, valueSize: 4, maxEntries: 100, flags: NO_PREALLOC },
    { key: bytesCodec(8) as never, value: bytesCodec(4) as never },
  );
  for (let i = 0; i < 50; i++) {
    trie.update(new Uint8Array(Uint32Array.of(32, i << 8).buffer), key(i));
  }
  const left: number[] = [];
  for (const [k, v] of trie) {
    left.push(number(v));
    trie.delete(k);
  }
  assert.equal(new Set(left).size, left.length);
  assert.equal(left.length, 50);
  assert.deepEqual([...trie.keys()], []);
  trie.close();
  map.close();
});

function inner(): KernelMap {
  return KernelMap.create({ type: MapType.ARRAY, keySize: 4, valueSize: 4, maxEntries: 1 });
}

test("a queue cannot be iterated, and says so", () => {
  const queue = KernelMap.create({ type: MapType.QUEUE, keySize: 0, valueSize: 4, maxEntries: 4 });
  assert.throws(() => [...queue.entries()], /cannot iterate/);
  queue.close();
});
