import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { EventStream } from "../../../host/api/client.js";
import { toNumber } from "../../../host/api/numbers.js";
import { GuidestarError } from "../../../host/errors.js";
import { emptyFilter } from "../../../host/stream/filterSpec.js";
import type { fgs } from "../../../proto/generated/api.js";
import { execs, frames } from "./fakePort.js";
import { connected, memoryInUse, start, until } from "./harness.js";
import { RawStream } from "./rawClient.js";

const sequences = async (stream: EventStream) => {
  const all: number[] = [];
  for await (const event of stream) all.push(toNumber(event.sequence));
  return all;
};

/** The same must hold however messages get onto the wire. */
function eachWriter(name: string, body: (t: TestContext, begin: typeof start) => Promise<void>) {
  for (const writer of ["frames", "messages"] as const)
    test(`${name} (${writer})`, (t) => body(t, (of, options) => start(of, { writer, ...options })));
}

eachWriter(
  "a stream is ready once its filters are in force, and then misses nothing",
  async (t, start) => {
    const { port, address } = await start(t);
    const { sensors } = await connected(t, { serverAddress: address });
    let open = () => {};
    port.subscribeGate = new Promise((resolve) => {
      open = resolve;
    });
    const stream = sensors.getEvents({
      allow_list: [{ pid: [7], health_check: { value: false }, event_set: [5] }],
      deny_list: [{ binary_regex: ["a"], namespace: [""], pid_set: [9] }],
    });
    let isReady = false;
    void stream.ready.then(() => {
      isReady = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(isReady, false);
    open();
    await stream.ready;
    assert.deepEqual(
      [...port.feeds.values()],
      [
        {
          allow: [{ ...emptyFilter, pid: [7], healthCheck: false, eventSet: [5] }],
          deny: [{ ...emptyFilter, binaryRegex: ["a"], namespace: [""], pidSet: [9] }],
          fields: undefined,
        },
      ],
    );
    port.deliver(() => frames(execs(1, 2)));
    port.deliver(() => frames(execs(3, 2)));
    port.end();
    assert.deepEqual(await sequences(stream), [1, 2, 3, 4]);
    assert.deepEqual(await stream.losses, { slowClient: 0, ring: 0, aggregation: 0 });
  },
);

test("a request with a wrong filter is refused, naming the field", async (t) => {
  const { port, address } = await start(t);
  const { sensors } = await connected(t, { serverAddress: address });
  const refused: [fgs.GetEventsRequest.$Properties, string][] = [
    [
      { allow_list: [{}, { binary_regex: ["ok", "*"] }] },
      "allow_list[1].binary_regex[1]: error parsing regexp: missing argument to repetition operator: `*`",
    ],
    [
      { deny_list: [{ event_set: [77 as fgs.EventType] }] },
      "deny_list[0].event_set[0]: Unknown EventType 77",
    ],
    [
      { allow_list: [{ labels: ["a", "b in"] }] },
      "allow_list[0].labels[1]: selector 'b in', character 5: '(' behind in should stand where the end is",
    ],
    [
      { deny_list: [{ capabilities: { effective: {} } }] },
      "deny_list[0].capabilities.effective: set one of any, all, exactly, none",
    ],
    [
      { field_filters: [{ fields: { paths: ["process.bin"] } }] },
      'field_filters[0].fields.paths[0]: Process has no field "bin". Did you mean binary?',
    ],
    [
      { field_filters: Array.from({ length: 101 }, () => ({})) },
      "field_filters: 101 filters; 100 are the most",
    ],
    [
      { field_filters: [{ fields: { paths: Array.from({ length: 1001 }, () => "process") } }] },
      "field_filters: 1001 paths and event types; 1000 are the most",
    ],
    [
      { field_filters: [{ fields: { paths: ["p".repeat(501)] } }] },
      "field_filters: a path of 501 characters; 500 are the most",
    ],
    [
      { allow_list: [{ labels: ["a".repeat(60_000)], pod_regex: ["b".repeat(10_000)] }] },
      "labels, pod_regex: 70000 characters in all patterns; 65536 are the most",
    ],
    [
      { aggregation_options: { window_size: { seconds: -1 } } },
      "aggregation_options.window_size: a window cannot be negative",
    ],
    [
      { aggregation_options: { window_size: { nanos: 9_999_999 } } },
      "aggregation_options.window_size: 9999999 ns; 10 ms are the least",
    ],
    [
      { aggregation_options: { window_size: { seconds: 86_401 } } },
      "aggregation_options.window_size: 86401 s; a day is the most",
    ],
    [
      { aggregation_options: { channel_buffer_size: 1_000_001 } },
      "aggregation_options.channel_buffer_size: 1000001 different events a window; 1000000 are the most",
    ],
    [
      { aggregation_options: { window_size: { seconds: 1, nanos: -5 } } },
      "aggregation_options.window_size: 1 s and -5 ns make no duration",
    ],
    [
      { allow_list: [{ binary_regex: ["a".repeat(70_000)] }] },
      "binary_regex: 70000 characters in all patterns; 65536 are the most",
    ],
    [
      { allow_list: Array.from({ length: 1001 }, () => ({})) },
      "allow_list and deny_list: 1001 filters; 1000 are the most",
    ],
    [
      { allow_list: [{ pid: Array.from({ length: 100_001 }, (_, i) => i) }] },
      "allow_list and deny_list: 100001 values; 100000 are the most",
    ],
  ];
  for (const [request, message] of refused) {
    const stream = sensors.getEvents(request);
    await assert.rejects(stream.ready, { code: "INVALID_ARGUMENT", message });
    await assert.rejects(sequences(stream), { code: "INVALID_ARGUMENT", message });
  }
  assert.equal(port.feeds.size, 0);
});

test("aggregation options reach the pipeline, with defaults for what is not set", async (t) => {
  const { port, address } = await start(t);
  const { sensors } = await connected(t, { serverAddress: address });
  const stream = sensors.getEvents({
    aggregation_options: { window_size: { seconds: 1, nanos: 5 }, channel_buffer_size: 5 },
  });
  await stream.ready;
  const plain = sensors.getEvents({ aggregation_options: {} });
  await plain.ready;
  assert.deepEqual(
    [...port.feeds.values()].map(({ aggregation }) => aggregation),
    [
      { windowNs: 1_000_000_005n, mostKeys: 5 },
      { windowNs: 15_000_000_000n, mostKeys: 10_000 },
    ],
  );
  port.deliver((spec) => {
    const counts = [2, 3, 4];
    return {
      ...frames(execs(1, 3)),
      counts,
      lostAggregation: spec.aggregation?.mostKeys === 5 ? 7 : 0,
    };
  });
  port.end();
  const lost: number[] = [];
  for await (const event of stream) lost.push(toNumber(event.lost?.aggregation));
  assert.deepEqual(lost, [7, 0, 0]);
  assert.deepEqual(await stream.losses, { slowClient: 0, ring: 0, aggregation: 7 });
  assert.deepEqual(await sequences(plain), [1, 2, 3]);
});

eachWriter(
  "a stream whose source fails delivers what came before, then the error",
  async (t, start) => {
    const { port, address } = await start(t);
    const { sensors } = await connected(t, { serverAddress: address });
    const stream = sensors.getEvents();
    await stream.ready;
    port.deliver(() => frames(execs(1, 100), 4));
    port.end(new GuidestarError("FAILED_PRECONDITION", "the recording is cut off at byte 12"));
    const seen: number[] = [];
    await assert.rejects(
      async () => {
        for await (const event of stream) seen.push(toNumber(event.sequence));
      },
      { code: "FAILED_PRECONDITION", message: "the recording is cut off at byte 12" },
    );
    assert.equal(seen.length, 100);
    assert.deepEqual(await stream.losses, { slowClient: 0, ring: 4, aggregation: 0 });
  },
);

test("what the pipeline throws at a subscription reaches the client with its code", async (t) => {
  const { port, address } = await start(t);
  const { sensors, node } = await connected(t, { serverAddress: address });
  port.subscribeError = new GuidestarError("UNAVAILABLE", "the pipeline is restarting");
  const expected = { code: "UNAVAILABLE", message: "the pipeline is restarting" };
  await assert.rejects(sensors.getEvents().ready, expected);
  port.subscribeError = new TypeError("x is not a function");
  const internal = { code: "INTERNAL", message: "x is not a function" };
  await assert.rejects(sensors.getEvents().ready, internal);
  assert.deepEqual((await node.getStatus()).streams, []);
});

eachWriter("leaving the loop, cancelling and hanging up release the stream", async (t, start) => {
  const { port, address } = await start(t);
  const client = await connected(t, { serverAddress: address });
  const [left, cancelled, lost] = [1, 2, 3].map(() => client.sensors.getEvents());
  const other = await connected(t, { serverAddress: address });
  const dropped = other.sensors.getEvents();
  await Promise.all([left, cancelled, lost, dropped].map((stream) => stream?.ready));
  assert.equal(port.feeds.size, 4);
  port.deliver(() => frames(execs(1, 10)));
  for await (const event of left ?? []) {
    assert.equal(toNumber(event.sequence), 1);
    break;
  }
  await until(() => port.feeds.size === 3);
  cancelled?.cancel();
  assert.deepEqual(await sequences(cancelled as EventStream), []);
  await until(() => port.feeds.size === 2);
  other.close();
  dropped.cancel();
  await until(() => port.feeds.size === 1);
  assert.equal((await client.node.getStatus()).streams.length, 1);
});

test("a call that is cancelled while it waits to be subscribed leaves nothing behind", async (t) => {
  const { port, address } = await start(t);
  const { sensors, node } = await connected(t, { serverAddress: address });
  let open = () => {};
  port.subscribeGate = new Promise((resolve) => {
    open = resolve;
  });
  const stream = sensors.getEvents();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await node.getStatus()).streams.length, 1);
  stream.cancel();
  while ((await node.getStatus()).streams.length > 0);
  const second = sensors.getEvents();
  await until(() => port.waiting === 2);
  second.cancel();
  while ((await node.getStatus()).streams.length > 0);
  open();
  await until(() => port.waiting === 0);
  assert.equal(port.feeds.size, 0);
  // A refusal that nobody waits for any more does no harm either.
  port.subscribeGate = new Promise((_, reject) => {
    setTimeout(() => reject(new Error("too late")), 100);
  });
  const third = sensors.getEvents();
  await until(() => port.waiting === 1);
  third.cancel();
  await until(() => port.waiting === 0);
  assert.equal(await sensors.getVersion(), "1.2.3");
});

eachWriter("a deadline releases a stream, even one whose client never reads", async (t, start) => {
  const { port, address } = await start(t);
  const { node } = await connected(t, { serverAddress: address });
  const stream = new RawStream(t, address, {}, { "grpc-timeout": "4000m" });
  await stream.ready;
  port.deliver(() => frames(execs(1, 5000)));
  assert.equal((await node.getStatus()).streams.length, 1);
  await until(() => port.feeds.size === 0);
  assert.deepEqual((await node.getStatus()).streams, []);
});

eachWriter(
  "a client that reads too slowly loses events, counted on the stream, in the status and at the end",
  async (t, start) => {
    const { port, address } = await start(t, { queue: { events: 100, bytes: 1e9 } });
    const { node } = await connected(t, { serverAddress: address });
    const stream = new RawStream(t, address);
    await stream.ready;
    const total = 5000;
    for (let first = 1; first <= total; first += 100) {
      port.deliver(() => frames(execs(first, 100)));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const [before] = (await node.getStatus()).streams;
    const [sent, lost, queued] = [before?.sent, before?.lost, before?.queued].map(toNumber);
    assert.ok(sent && lost && queued);
    assert.equal(sent + lost + queued, total);
    assert.equal(queued, 100);
    // 64 KiB in the client's HTTP/2 window, and a few messages on the way there.
    assert.ok(sent > 100 && sent < 1000, `sent ${sent}`);
    assert.equal(before?.peer, "unix");

    // Now it reads: what waited comes, then one more event tells of the loss.
    stream.read();
    await until(() => stream.events.length === sent + queued);
    port.deliver(() => frames(execs(total + 1, 1)));
    await until(() => stream.events.length === sent + queued + 1);
    let last = 0;
    let told = 0;
    for (const event of stream.events) {
      const slow = toNumber(event.lost?.slow_client);
      assert.equal(toNumber(event.sequence), last + 1 + slow);
      last = toNumber(event.sequence);
      told += slow;
    }
    assert.deepEqual([last, told], [total + 1, lost]);
    port.end();
    const trailers = await stream.trailers;
    assert.equal(trailers["grpc-status"], "0");
    assert.equal(trailers["guidestar-lost"], String(lost));
  },
);

eachWriter(
  "of a hundred clients, half of which never read, the readers miss nothing",
  async (t, start) => {
    const queue = { events: 500, bytes: 16 * 1024 * 1024 };
    const { port, address, server } = await start(t, { queue });
    const idle = Array.from({ length: 50 }, () => new RawStream(t, address));
    const readers = Array.from({ length: 50 }, () => new RawStream(t, address));
    await Promise.all([...idle, ...readers].map(({ ready }) => ready));
    for (const reader of readers) reader.read();

    const total = 1500;
    const padding = { annotations: { padding: "x".repeat(1500) } };
    const before = memoryInUse();
    for (let first = 1; first <= total; first += 50) {
      port.deliver(() => frames(execs(first, 50).map((event) => ({ ...event, ...padding }))));
      // Clients and server share a processor here: the readers may be up to 400 events behind.
      await until(() => readers.every(({ events }) => events.length >= first - 350));
    }
    await until(() => readers.every(({ events }) => events.length === total));
    for (const { events } of readers) {
      events.forEach((event, i) => {
        assert.equal(toNumber(event.sequence), i + 1);
        assert.equal(event.lost, null);
      });
      events.length = 0;
    }
    // 50 queues of 500 events would be 42 MiB if they did not share their buffers.
    const grownMiB = (memoryInUse() - before) / 2 ** 20;
    assert.ok(grownMiB < 30, `${grownMiB} MiB`);

    const client = await connected(t, { serverAddress: address });
    const { streams } = await client.node.getStatus();
    const counts = streams.map(({ sent, lost, queued }) => [sent, lost, queued].map(toNumber));
    assert.equal(counts.length, 100);
    for (const [sent = 0, lost = 0, queued = 0] of counts)
      assert.equal(sent + lost + queued, total);
    assert.deepEqual(counts.slice(50), Array(50).fill([total, 0, 0]));
    for (const [, lost = 0, queued = 0] of counts.slice(0, 50)) {
      assert.equal(queued, queue.events);
      assert.ok(lost > 500, `lost ${lost}`);
    }

    port.end();
    for (const { trailers } of readers) assert.equal((await trailers)["grpc-status"], "0");
    const startMs = performance.now();
    await server.close();
    assert.ok(performance.now() - startMs < 5000);
  },
);

test("there are no more streams at a time than the daemon serves", async (t) => {
  const { address } = await start(t, { mostStreams: 2 });
  const { sensors } = await connected(t, { serverAddress: address });
  const [first, second] = [sensors.getEvents(), sensors.getEvents()];
  await Promise.all([first.ready, second.ready]);
  await assert.rejects(sensors.getEvents().ready, {
    code: "RESOURCE_EXHAUSTED",
    message:
      "there are 2 event streams already, as many as this daemon serves at a time; end one first",
  });
  first.cancel();
  await assert.doesNotReject(async () => {
    for (;;) {
      try {
        return await sensors.getEvents().ready;
      } catch (error) {
        if (GuidestarError.from(error).code !== "RESOURCE_EXHAUSTED") throw error;
      }
    }
  });
});

eachWriter(
  "when the daemon stops, readers get what waits for them, then UNAVAILABLE",
  async (t, start) => {
    const closeGraceMs = 5000;
    const { port, address, server } = await start(t, { closeGraceMs });
    const { sensors } = await connected(t, { serverAddress: address });
    const reader = sensors.getEvents();
    const idle = new RawStream(t, address);
    await Promise.all([reader.ready, idle.ready]);
    port.deliver(() => frames(execs(1, 2000)));
    const seen: number[] = [];
    const reading = assert.rejects(
      async () => {
        for await (const event of reader) seen.push(toNumber(event.sequence));
      },
      { code: "UNAVAILABLE", message: "the daemon is stopping" },
    );
    const startMs = performance.now();
    await server.close();
    // The idle one holds it up, but not for longer than the grace.
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs > closeGraceMs - 100 && tookMs < closeGraceMs + 10_000, `${tookMs} ms`);
    await reading;
    assert.equal(seen.length, 2000);
    assert.equal(port.feeds.size, 0);
    await server.close();
  },
);
