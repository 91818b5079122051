import assert from "node:assert/strict";
import { test } from "node:test";
import { CacheSweep } from "../../../host/events/cacheSweep.js";
import { Decoder } from "../../../host/events/decoder.js";
import { ProcessCache } from "../../../host/events/processCache.js";
import { headerLayout } from "../../support/headerLayout.js";
import { RecordMaker } from "../../support/records.js";

const everyMs = 10_000;

/** Processes 1 to `count`, of which those in `ended` have ended. */
function swept(count: number, ended: ReadonlySet<number>) {
  const layout = headerLayout();
  const make = new RecordMaker(layout);
  const cache = new ProcessCache(100_000);
  const decoder = new Decoder({ layout, cache, nodeName: "", bootToWallNs: 0n });
  const decode = (record: Buffer) => {
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    return decoder.decode(record, view, 0, record.length);
  };
  const exec = (pid: number, keyNs: number) =>
    decode(make.exec({ "header.pid": pid, "header.key_ns": keyNs }, { binary: "/bin/true" }));
  for (let pid = 1; pid <= count; pid++) exec(pid, pid);
  let looks = 0;
  const sweep = new CacheSweep({
    cache,
    everyMs,
    hasEnded: (pid) => {
      looks++;
      return ended.has(pid);
    },
  });
  /** As many steps as a walk over all of them takes. */
  const walk = (nowMs: number) => {
    for (let i = 0; i <= count / 256 + 1; i++) sweep.step(nowMs);
  };
  return { cache, sweep, walk, exec, decode, make, looks: () => looks };
}

test("what has ended unseen goes at the second walk, and nothing else does", () => {
  const ended = new Set([3, 500, 999]);
  const { cache, sweep, walk } = swept(1000, ended);
  walk(0);
  assert.equal(cache.size, 1000);
  sweep.drained();
  walk(everyMs);
  assert.equal(cache.size, 997);
  for (const pid of ended) assert.equal(cache.current(pid), undefined);
  assert.equal(sweep.swept, 3);
  walk(2 * everyMs);
  assert.equal(sweep.swept, 3);
});

test("an end whose record may still be unread is waited for", () => {
  const { cache, sweep, walk, decode, make } = swept(10, new Set([4, 5]));
  walk(0);
  walk(everyMs);
  walk(2 * everyMs);
  assert.equal(cache.size, 10, "the ring was never empty");
  const event = decode(make.exit({ "header.pid": 4, "header.key_ns": 4 }));
  assert.equal(event?.process.binary, "/bin/true");
  sweep.drained();
  walk(3 * everyMs);
  assert.equal(cache.size, 8);
  assert.equal(sweep.swept, 1);
});

test("one that looked ended for a moment only stays, and so does another with its pid", () => {
  const ended = new Set([2, 3]);
  const { cache, sweep, walk, exec } = swept(5, ended);
  walk(0);
  sweep.drained();
  ended.delete(2);
  exec(3, 77);
  walk(everyMs);
  assert.equal(cache.size, 5);
  assert.equal(sweep.swept, 0);
});

test("the parent of one that was swept counts it no more", () => {
  const { cache, sweep, walk, decode, make } = swept(1, new Set([9]));
  decode(make.fork({ "header.pid": 9, "header.key_ns": 90, "parent.pid": 1, "parent.key_ns": 1 }));
  assert.equal(cache.current(1)?.references, 2);
  walk(0);
  sweep.drained();
  walk(everyMs);
  assert.equal(cache.current(1)?.references, 1);
});

test("a step looks at some, and walks have time between them", () => {
  const { sweep, looks } = swept(1000, new Set());
  sweep.step(0);
  assert.equal(looks(), 256);
  for (let i = 0; i < 100; i++) sweep.step(5);
  assert.equal(looks(), 1000);
  sweep.step(everyMs);
  assert.equal(looks(), 1256);
});
