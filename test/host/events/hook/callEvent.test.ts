import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { callEvent } from "../../../../host/events/hook/callEvent.js";
import { type HookEvent, isHookEvent } from "../../../../host/events/model.js";
import { decoderWithCaller, description, encoded, make } from "./support.js";

const { decode } = decoderWithCaller();
decode(make.definition(description()));
const call = decode(
  make.hook({ "header.pid": 11, "header.tid": 12, "header.key_ns": 300, hook: 7 }),
) as HookEvent;

test("a time in two halves is the same as in one number, in the event and on the wire", () => {
  assert.ok(isHookEvent(call));
  const some = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  const edges = [
    0n,
    1n,
    999_999_999n,
    1_000_000_000n,
    (1n << 32n) - 1n,
    1n << 32n,
    (1n << 64n) - 1n,
  ];
  fc.assert(
    fc.property(fc.oneof(some, fc.constantFrom(...edges)), (ns) => {
      const timeLow = Number(BigInt.asIntN(32, ns));
      const timeHigh = Number(BigInt.asIntN(32, ns >> 32n));
      const event = callEvent(call.hook, call.process, { ...call, timeLow, timeHigh }, call.data);
      assert.equal(event.timeNs, ns);
      const { time } = encoded(event) as { time?: string };
      const whole = Object.defineProperties(
        { ...event },
        {
          timeNs: { value: ns },
          timeLow: { value: undefined },
          timeHigh: { value: undefined },
        },
      ) as HookEvent;
      assert.deepEqual(time, (encoded(whole) as { time?: string }).time);
    }),
  );
});

test("wall time is the kernel's, carried over from the lower half to the upper", () => {
  // The decoder of these tests adds 1,000 ns.
  for (const ns of [1n, (1n << 32n) - 1000n, (1n << 32n) - 1n, (3n << 32n) - 5n]) {
    const values = { "header.pid": 11, "header.tid": 12, "header.key_ns": 300, hook: 7 };
    const event = decode(make.hook({ ...values, "header.time_ns": ns }));
    assert.equal(event?.timeNs, ns + 1000n);
  }
});
