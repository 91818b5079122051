import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import { streamOf } from "../../../host/api/callStream.js";
import { frameWriter, grpcWriter } from "../../../host/api/grpcWriter.js";
import { toNumber } from "../../../host/api/numbers.js";
import { sensorsService } from "../../../host/api/services.js";
import { execs, frames } from "./fakePort.js";
import { temporaryDirectory, until } from "./harness.js";
import { RawStream } from "./rawClient.js";

type Call = ServerWritableStream<unknown, Buffer>;

/** A bare grpc-js server whose GetEvents hands its call to `onCall`. */
async function serve(
  t: TestContext,
  onCall: (call: Call) => void,
  options: ConstructorParameters<typeof Server>[0] = {},
): Promise<string> {
  const server = new Server({ "grpc.enable_channelz": 0, ...options });
  const { GetEvents } = sensorsService;
  server.addService({ GetEvents }, { GetEvents: onCall });
  const address = `unix://${join(temporaryDirectory(t), "s.sock")}`;
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  t.after(() => server.forceShutdown());
  return address;
}

/** A raw client that has called, and the call that the server has of it. */
async function callOf(
  t: TestContext,
  options: ConstructorParameters<typeof Server>[0] = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<{ call: Call; stream: RawStream }> {
  const calls: Call[] = [];
  const address = await serve(t, (call) => void calls.push(call), options);
  const stream = new RawStream(t, address, {}, headers);
  await until(() => calls.length > 0);
  return { call: calls[0] as Call, stream };
}

const buffer = (first: number, count: number) => Buffer.from(frames(execs(first, count)).bytes);
const none = { ring: 0, slowClient: 0, aggregation: 0 };

test("this grpc-js shows the stream of a call, with and without its own counts", async (t) => {
  for (const channelz of [0, 1]) {
    let counted: boolean | undefined;
    const onCall = (call: Call) => {
      const parts = streamOf(call);
      assert.ok(parts);
      counted = parts.counter !== undefined;
      const writer = grpcWriter(call);
      assert.ok(writer.mostBytes > 0);
      writer.open();
      writer.write(buffer(1, 300), 300);
      writer.end(none, undefined);
    };
    const stream = new RawStream(t, await serve(t, onCall, { "grpc.enable_channelz": channelz }));
    stream.read();
    assert.equal((await stream.trailers)["grpc-status"], "0");
    assert.deepEqual(
      stream.events.map(({ sequence }) => toNumber(sequence)),
      Array.from({ length: 300 }, (_, n) => n + 1),
    );
    assert.equal(counted, channelz === 1);
  }
});

test("grpc-js's count of messages goes on", async (t) => {
  const { call, stream } = await callOf(t, { "grpc.enable_channelz": 1 });
  stream.read();
  let counted = 0;
  const inner = (call as unknown as { call: { callEventTracker: { addMessageSent(): void } } })
    .call;
  const original = inner.callEventTracker.addMessageSent;
  inner.callEventTracker.addMessageSent = () => {
    counted++;
    original();
  };
  const writer = frameWriter(call);
  writer?.open();
  writer?.write(buffer(1, 7), 7);
  assert.equal(counted, 7);
});

test("where an interceptor wants to see messages, they go one at a time", async (t) => {
  let seen = 0;
  const onCall = (call: Call) => {
    assert.equal(frameWriter(call), undefined);
    const writer = grpcWriter(call);
    assert.equal(writer.mostBytes, 0);
    writer.open();
    for (let n = 1; n <= 3; n++) writer.write(buffer(n, 1), 1);
    writer.end(none, undefined);
  };
  const { ServerInterceptingCall } = await import("@grpc/grpc-js");
  const address = await serve(t, onCall, {
    interceptors: [
      (_method, call) =>
        new ServerInterceptingCall(call, {
          sendMessage: (message, next) => {
            seen++;
            next(message);
          },
        }),
    ],
  });
  const stream = new RawStream(t, address);
  stream.read();
  await stream.trailers;
  assert.deepEqual([stream.events.length, seen], [3, 3]);
});

test("a call of another shape is not touched", () => {
  const stream = {
    ...{ id: 1, headersSent: false, writableEnded: false, destroyed: false },
    ...{ writableObjectMode: false, write() {}, on() {}, sendTrailers() {} },
  };
  const shown = (inner: unknown) => streamOf({ call: inner } as unknown as Call);
  assert.ok(shown({ stream, callEventTracker: null }));
  for (const inner of [
    undefined,
    null,
    7,
    {},
    { stream },
    { stream, callEventTracker: {} },
    { stream: { ...stream, writableObjectMode: true }, callEventTracker: null },
    { stream: { ...stream, id: undefined }, callEventTracker: null },
    { stream: { ...stream, sendTrailers: undefined }, callEventTracker: null },
    { nextCall: { stream, callEventTracker: null } },
  ])
    assert.equal(shown(inner), undefined);
});

test("a client that does not read stops the writer at its window, and one that reads on starts it", async (t) => {
  const { call, stream } = await callOf(t);
  const writer = grpcWriter(call);
  writer.open();
  await stream.ready;
  let [next, drained] = [1, 0];
  const flow = () => {
    while (next <= 10_000 && writer.write(buffer(next, 100), 100)) next += 100;
    next += 100;
  };
  writer.onDrain(() => {
    drained++;
    if (next <= 10_000) flow();
    else if (next < 20_000) {
      next = 20_000;
      writer.end({ ring: 0, slowClient: 3, aggregation: 0 }, undefined);
    }
  });
  flow();
  // Everything that goes without the client's doing has gone when its ping is answered.
  await stream.ping();
  const before = next;
  assert.ok(before < 2000, `wrote ${before} events to a client that does not read`);
  stream.read();
  const trailers = await stream.trailers;
  assert.deepEqual([trailers["grpc-status"], trailers["guidestar-lost"]], ["0", "3"]);
  assert.equal(stream.events.length, 10_000);
  for (const [n, { sequence }] of stream.events.entries()) assert.equal(toNumber(sequence), n + 1);
  assert.ok(drained > 10);
});

test("what is written after the client, or the deadline, ended the call goes nowhere", async (t) => {
  for (const how of ["cancel", "deadline"] as const) {
    const headers: Record<string, string> = how === "deadline" ? { "grpc-timeout": "300m" } : {};
    const { call, stream } = await callOf(t, {}, headers);
    const writer = grpcWriter(call);
    let isOver = false;
    call.once("cancelled", () => {
      isOver = true;
    });
    writer.open();
    await stream.ready;
    stream.read();
    assert.equal(typeof writer.write(buffer(1, 10), 10), "boolean");
    if (how === "cancel") stream.cancel();
    await until(() => isOver);
    assert.equal(writer.write(buffer(11, 10), 10), false);
    writer.end(none, undefined);
    if (how === "deadline") {
      const trailers = await stream.trailers;
      assert.equal(trailers["grpc-status"], "4");
      assert.equal(stream.events.length, 10);
    }
  }
});
