import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RateLimit } from "../../../host/export/rateLimit.js";

test("in any span no more pass than the limit, and what the span has earned", () => {
  const limits = fc.integer({ min: 1, max: 50 });
  const waits = fc.array(fc.nat(5000), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(limits, waits, (perMinute, waitsMs) => {
      const limit = new RateLimit(perMinute, 0);
      const passedMs: number[] = [];
      let nowMs = 0;
      for (const waitMs of waitsMs) {
        nowMs += waitMs;
        if (limit.take(nowMs)) passedMs.push(nowMs);
      }
      passedMs.forEach((fromMs, i) => {
        for (let j = i; j < passedMs.length; j++) {
          const earned = (((passedMs[j] as number) - fromMs) / 60_000) * perMinute;
          assert.ok(j - i + 1 <= perMinute + earned + 1e-6);
        }
      });
      assert.equal(limit.lastReport(nowMs), waitsMs.length - passedMs.length);
      assert.equal(limit.lastReport(nowMs), 0);
    }),
  );
});

test("events that come no faster than the limit all pass", () => {
  const limit = new RateLimit(60, 0);
  for (let second = 1; second <= 600; second++) assert.ok(limit.take(second * 1000));
});

test("without a limit everything passes, and with one of 0 nothing", () => {
  const off = new RateLimit(-1, 0);
  const none = new RateLimit(0, 0);
  for (let i = 0; i < 1000; i++) {
    assert.ok(off.take(0));
    assert.ok(!none.take(i * 60_000));
  }
  assert.equal(off.lastReport(0), 0);
  assert.equal(none.lastReport(0), 1000);
});
