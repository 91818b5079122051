import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toNumber } from "../../../host/api/numbers.js";
import { EventQueue, type Run } from "../../../host/stream/queue.js";
import { fgs } from "../../../proto/generated/api.js";
import { execs, frames } from "../api/fakePort.js";

/** The messages of a piece, framing checked. */
const messagesOf = ({ bytes, count }: Run): fgs.GetEventsResponse[] => {
  const messages: fgs.GetEventsResponse[] = [];
  let at = 0;
  while (at < bytes.length) {
    assert.equal(bytes[at], 0);
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    messages.push(fgs.GetEventsResponse.decode(bytes.subarray(at + 5, end)));
    at = end;
  }
  assert.equal(at, bytes.length);
  assert.equal(messages.length, count);
  return messages;
};
const take = (queue: EventQueue) => {
  const run = queue.take(0);
  return run && messagesOf(run)[0];
};
const lost = (event: fgs.GetEventsResponse | undefined) =>
  event?.lost && { ring: toNumber(event.lost.ring), slow: toNumber(event.lost.slow_client) };

test("messages come out as they went in, cut from the shared buffer without a copy", () => {
  const queue = new EventQueue({ events: 10, bytes: 1e6 });
  const shared = frames(execs(1, 3));
  queue.push(shared);
  assert.equal(queue.length, 3);
  for (const expected of execs(1, 3)) {
    const run = queue.take(0) as Run;
    assert.equal(run.bytes.buffer, shared.bytes.buffer);
    assert.deepEqual(
      messagesOf(run)[0],
      fgs.GetEventsResponse.decode(fgs.GetEventsResponse.encode(expected).finish()),
    );
  }
  assert.equal(queue.take(0), undefined);
  assert.equal(queue.bytes, 0);
  assert.equal(queue.taken, 3);
});

test("as many whole messages as fit come in one piece, in place", () => {
  const queue = new EventQueue({ events: 100, bytes: 1e6 });
  const shared = frames(execs(1, 10));
  const each = shared.bytes.length / 10;
  queue.push(shared);
  queue.push(frames(execs(11, 2)));
  const sizes = [3.5 * each, each - 1, 2.5 * each, 1e6, 1e6, 1e6];
  const taken = sizes.map((most) => queue.take(most));
  assert.deepEqual(
    taken.map((run) => run && messagesOf(run).map(({ sequence }) => toNumber(sequence))),
    [[1, 2, 3], [4], [5, 6], [7, 8, 9, 10], [11, 12], undefined],
  );
  assert.equal(taken[3]?.bytes.buffer, shared.bytes.buffer);
  assert.deepEqual([queue.length, queue.bytes, queue.taken], [0, 0, 12]);
});

test("a buffer of which only a part found room is handed on up to there", () => {
  const queue = new EventQueue({ events: 4, bytes: 1e6 });
  queue.push(frames(execs(1, 6)));
  const run = queue.take(1e6) as Run;
  assert.deepEqual(
    messagesOf(run).map(({ sequence }) => toNumber(sequence)),
    [1, 2, 3, 4],
  );
  assert.deepEqual([queue.length, queue.take(1e6), queue.lost.slowClient], [0, undefined, 2]);
});

test("a loss is told by the first message of a piece, which goes alone", () => {
  const queue = new EventQueue({ events: 10, bytes: 1e6 });
  queue.push(frames(execs(1, 3), 9));
  const first = messagesOf(queue.take(1e6) as Run);
  assert.deepEqual(first.map(lost), [{ ring: 9, slow: 0 }]);
  const rest = messagesOf(queue.take(1e6) as Run);
  assert.deepEqual(rest.map(lost), [null, null]);
});

test("a full queue drops what comes, and the next event it takes tells how much", () => {
  const queue = new EventQueue({ events: 4, bytes: 1e6 });
  queue.push(frames(execs(1, 3)));
  queue.push(frames(execs(4, 3)));
  queue.push(frames(execs(7, 2)));
  assert.equal(queue.length, 4);
  assert.equal(queue.lost.slowClient, 4);
  for (const sequence of [1, 2, 3, 4]) {
    const event = take(queue);
    assert.equal(toNumber(event?.sequence), sequence);
    assert.equal(lost(event), null);
  }
  queue.push(frames(execs(9, 2)));
  const event = take(queue);
  assert.equal(toNumber(event?.sequence), 9);
  assert.equal(event?.process_exec?.process?.binary, "/usr/bin/true");
  assert.deepEqual(lost(event), { ring: 0, slow: 4 });
  assert.equal(lost(take(queue)), null);
});

test("the kernel's losses arrive with the first event after them", () => {
  const queue = new EventQueue({ events: 10, bytes: 1e6 });
  queue.push(frames([], 5));
  queue.push(frames(execs(1, 2), 2));
  assert.deepEqual(lost(take(queue)), { ring: 7, slow: 0 });
  assert.equal(lost(take(queue)), null);
  assert.equal(queue.lost.ring, 7);
});

test("bytes are bounded too, but one buffer is always taken", () => {
  const big = frames(execs(1, 5));
  const queue = new EventQueue({ events: 1000, bytes: big.bytes.length * 2 - 1 });
  queue.push(big);
  queue.push(big);
  assert.equal(queue.length, 5);
  assert.equal(queue.lost.slowClient, 5);
  const tight = new EventQueue({ events: 1000, bytes: 1 });
  tight.push(big);
  assert.equal(tight.length, 5);
});

test("clearing lets go of everything", () => {
  const queue = new EventQueue({ events: 10, bytes: 1e6 });
  queue.push(frames(execs(1, 3)));
  queue.clear();
  assert.deepEqual([queue.length, queue.bytes, queue.take(0)], [0, 0, undefined]);
});

test("whatever comes and goes: order holds, bounds hold, and every event is taken, lost or waiting", () => {
  const step = fc.record({
    push: fc.integer({ min: 0, max: 6 }),
    ring: fc.integer({ min: 0, max: 2 }),
    take: fc.integer({ min: 0, max: 6 }),
    bytes: fc.integer({ min: 0, max: 1500 }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 12 }),
      (steps, events) => {
        const queue = new EventQueue({ events, bytes: 3000 });
        let [next, ringLost, last, toldRing, toldSlow] = [1, 0, 0, 0, 0];
        const takeSome = (bytes: number) => {
          const run = queue.take(bytes);
          for (const event of run ? messagesOf(run) : []) check(event);
        };
        const check = (event: fgs.GetEventsResponse) => {
          const { ring = 0, slow = 0 } = lost(event) ?? {};
          toldRing += ring;
          toldSlow += slow;
          const sequence = toNumber(event.sequence);
          // A gap in the numbers is exactly what the event says was lost before it.
          assert.equal(sequence, last + 1 + slow);
          last = sequence;
        };
        for (const { push, ring, take: takes, bytes } of steps) {
          queue.push(frames(execs(next, push), ring));
          next += push;
          ringLost += ring;
          assert.ok(queue.length <= events);
          assert.equal(queue.taken + queue.length + queue.lost.slowClient, next - 1);
          for (let i = 0; i < takes; i++) takeSome(bytes);
        }
        while (queue.length > 0) takeSome(1e6);
        assert.equal(queue.bytes, 0);
        queue.push(frames(execs(next, 1)));
        takeSome(0);
        assert.deepEqual([toldRing, toldSlow], [ringLost, queue.lost.slowClient]);
        assert.equal(last, next);
      },
    ),
  );
});
