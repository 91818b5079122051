import assert from "node:assert/strict";
import { test } from "node:test";
import type { Loss } from "../../../host/stream/loss.js";
import { defaultQueueLimits } from "../../../host/stream/queue.js";
import { Subscriber } from "../../../host/stream/subscriber.js";
import type { MessageWriter } from "../../../host/stream/writer.js";
import { execs, frames } from "../api/fakePort.js";

/** A client that takes a number of messages, then no more until it is told to. */
class Client implements MessageWriter {
  readonly mostBytes = 0;
  readonly log: string[] = [];
  written = 0;
  room = 0;
  #onDrain = () => {};

  open = () => void this.log.push("open");
  write = () => {
    this.written++;
    this.room--;
    return this.room > 0;
  };
  onDrain = (listener: () => void) => {
    this.#onDrain = listener;
  };
  end = (lost: Loss, error: Error | undefined) =>
    void this.log.push(`end ${lost.slowClient} ${error?.message}`);
  drain(room: number): void {
    this.room = room;
    this.#onDrain();
  }
}

function subscribe() {
  const client = new Client();
  const feed = { closed: 0, close: () => void feed.closed++ };
  const subscriber = new Subscriber(1, "unix", client, defaultQueueLimits);
  return { client, feed, subscriber };
}

test("nothing is written before the stream is open, and nothing is lost meanwhile", () => {
  const { client, feed, subscriber } = subscribe();
  client.room = 100;
  subscriber.frames(frames(execs(1, 3)));
  assert.deepEqual([client.log, client.written], [[], 0]);
  subscriber.open(feed);
  assert.deepEqual([client.log, client.written], [["open"], 3]);
});

test("after a write that fills the client, none follows until it drains", () => {
  const { client, feed, subscriber } = subscribe();
  client.room = 2;
  subscriber.open(feed);
  subscriber.frames(frames(execs(1, 5)));
  subscriber.frames(frames(execs(6, 1)));
  assert.equal(client.written, 2);
  assert.deepEqual(subscriber.status, {
    id: 1,
    peer: "unix",
    sent: 2,
    lost: 0,
    lostAggregation: 0,
    queued: 4,
  });
  client.drain(3);
  assert.equal(client.written, 5);
  client.drain(3);
  assert.equal(client.written, 6);
  subscriber.frames(frames(execs(7, 1)));
  assert.equal(client.written, 7);
});

test("the end comes behind what waits, once, and closes the feed at once", () => {
  const { client, feed, subscriber } = subscribe();
  client.room = 1;
  subscriber.open(feed);
  subscriber.frames(frames(execs(1, 3)));
  subscriber.end(new Error("no more"));
  subscriber.end();
  assert.equal(feed.closed, 1);
  subscriber.frames(frames(execs(4, 1)));
  assert.deepEqual(client.log, ["open"]);
  client.drain(2);
  assert.deepEqual(client.log, ["open", "end 0 no more"]);
  client.drain(2);
  assert.deepEqual([client.log.length, client.written], [2, 3]);
});

test("a source that ends before the stream is open still delivers and ends it", () => {
  const { client, feed, subscriber } = subscribe();
  client.room = 10;
  subscriber.frames(frames(execs(1, 3)));
  subscriber.end();
  subscriber.open(feed);
  assert.deepEqual([client.log, client.written], [["open", "end 0 undefined"], 3]);
  assert.equal(feed.closed, 1);
});

test("a released stream writes nothing more and keeps nothing", () => {
  const { client, feed, subscriber } = subscribe();
  client.room = 1;
  subscriber.open(feed);
  subscriber.frames(frames(execs(1, 3)));
  subscriber.release();
  subscriber.frames(frames(execs(4, 3)));
  client.drain(10);
  subscriber.end();
  assert.deepEqual([client.log, client.written], [["open"], 1]);
  assert.ok(feed.closed > 0);
  assert.equal(subscriber.status.queued, 0);
});

test("a stream released before it is open closes the feed that comes too late", () => {
  const { client, feed, subscriber } = subscribe();
  subscriber.release();
  subscriber.open(feed);
  assert.deepEqual([client.log, feed.closed], [[], 1]);
});
