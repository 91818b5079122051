import assert from "node:assert/strict";
import { test } from "node:test";
import { Decoder } from "../../../host/events/decoder.js";
import { EventType } from "../../../host/events/model.js";
import { ProcessCache } from "../../../host/events/processCache.js";
import { loadBase } from "../../../host/sensors/base.js";
import { openLiveSource } from "../../../host/source/live.js";
import { openProcessTable } from "../../../host/source/processTable.js";
import { Gated, workload } from "../../bpf/core/harness.js";

const count = 3000;

test("short processes leave neither the cache nor the kernel's table fuller than they were", async () => {
  const gated = new Gated([workload("swarm"), `${count}`, "20", workload("nop")]);
  const base = loadBase({ scope: { kind: "tree", rootPids: [gated.pid], spawned: true } });
  const source = openLiveSource(base.source);
  const table = openProcessTable(base.tableFd, base.layout);
  try {
    const cache = new ProcessCache(65_536);
    const { layout, bootToWallNs } = source;
    const decoder = new Decoder({ layout, cache, nodeName: "", bootToWallNs });
    const ends = new Set<string>();
    let most = 0;
    const drain = () => {
      const read = source.read(1024, (bytes, view, at, size) => {
        const event = decoder.decode(bytes, view, at, size);
        if (event?.type === EventType.EXIT) ends.add(event.process.execId);
        most = Math.max(most, cache.size);
      });
      return read;
    };
    let over = false;
    gated.open();
    const ended = gated.end().finally(() => {
      over = true;
    });
    while (!over) if (drain() === 0) await source.wait(20);
    await ended;
    while (drain() > 0);
    assert.equal(ends.size, count + 1);
    assert.ok(most > 2 && most < 200, `at most ${most} at a time`);
    assert.deepEqual(
      [...cache.live].map(({ pid }) => pid),
      [process.pid],
      "who started the tree",
    );
    assert.equal(cache.evictions, 0);
    assert.deepEqual([...table.entries()], []);
    assert.equal(source.losses().ring, 0);
  } finally {
    table.close();
    source.close();
    gated.kill();
    base.close();
  }
});
