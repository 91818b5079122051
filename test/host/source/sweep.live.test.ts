/** Ends that were lost on the way: a ring that really is too small, a table that nobody cleaned. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { CacheSweep } from "../../../host/events/cacheSweep.js";
import { Decoder } from "../../../host/events/decoder.js";
import { ProcessCache } from "../../../host/events/processCache.js";
import { loadBase } from "../../../host/sensors/base.js";
import { openLiveSource } from "../../../host/source/live.js";
import { openProcessTable } from "../../../host/source/processTable.js";
import { Gated, workload } from "../../bpf/core/harness.js";

/** Each as many as fit into the ring when they start. */
const crowds = 5;
const eachCount = 40;
const ringBytes = 4096;
/** How many ends fit into it, each of 64 bytes. */
const ringRecords = ringBytes / 64;
const everyMs = 10_000;

test("processes whose end the ring lost leave the cache, and those that live stay", async () => {
  const gates = Array.from(
    { length: crowds },
    () => new Gated([workload("racers"), `${eachCount}`]),
  );
  const rootPids = gates.map(({ pid }) => pid);
  const scope = { kind: "tree", rootPids, spawned: true } as const;
  const base = loadBase({ scope, ringBytes });
  const source = openLiveSource(base.source);
  try {
    const cache = new ProcessCache(65_536);
    const { layout, bootToWallNs } = source;
    const lookUp = source.lookUp?.bind(source);
    const decoder = new Decoder({ layout, cache, nodeName: "", bootToWallNs, lookUp });
    const drain = () => {
      let read = 0;
      do {
        read = source.read(
          1024,
          (bytes, view, at, size) => void decoder.decode(bytes, view, at, size),
        );
      } while (read > 0);
    };
    const sweep = new CacheSweep({
      cache,
      everyMs,
      hasEnded: (pid, keyNs) => source.hasEnded?.(pid, keyNs) ?? false,
    });
    const walk = (nowMs: number) => {
      for (let step = 0; step < 4; step++) sweep.step(nowMs);
    };

    for (const gated of gates) {
      const said = once(gated.child.stdout ?? gated.child, "data");
      gated.open();
      await said;
      drain();
    }
    const alive = cache.size;
    assert.ok(alive > 2 * ringRecords, `${alive} known`);
    walk(0);
    sweep.drained();
    walk(everyMs);
    assert.equal(cache.size, alive, "all of them live");

    // Nobody reads meanwhile.
    for (const gated of gates) await gated.end();
    assert.ok(source.losses().ring > 0);
    drain();
    const left = cache.size - 1;
    assert.ok(left > 0, "ends were lost");
    walk(2 * everyMs);
    assert.equal(cache.size - 1, left, "once is not enough");
    sweep.drained();
    walk(3 * everyMs);
    assert.deepEqual(
      [...cache.live].map(({ pid }) => pid),
      [process.pid],
      "who started them is known still",
    );
    assert.equal(sweep.swept, left);
  } finally {
    source.close();
    for (const gated of gates) gated.kill();
    base.close();
  }
});

test("an entry of the kernel's table whose end nobody saw is taken out, and no other", async () => {
  const gone = new Gated([workload("nop")]);
  gone.open();
  await gone.end();
  const gated = new Gated([workload("until")]);
  const base = loadBase({ scope: { kind: "tree", rootPids: [gated.pid] } });
  const table = openProcessTable(base.tableFd, base.layout);
  const source = openLiveSource(base.source);
  try {
    const parent = { pid: 1, keyNs: 1n };
    table.add(gone.pid, { keyNs: 1000n, parent, flags: 0 });
    for (let nowMs = 0; nowMs <= 70_000; nowMs += 1000) source.sweepTable?.(nowMs);
    assert.equal(table.keyNsOf(gone.pid), undefined);
    assert.notEqual(table.keyNsOf(gated.pid), undefined);
    assert.equal(source.tableSwept, 1);
  } finally {
    source.close();
    table.close();
    gated.kill();
    base.close();
  }
});
