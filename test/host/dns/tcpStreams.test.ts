import assert from "node:assert/strict";
import { test } from "node:test";
import { type TcpPiece, TcpStreams } from "../../../host/dns/tcpStreams.js";
import { message, u16 } from "./packets.js";

const asked = message({ questions: [{ name: "example.org", type: 1 }] });
const framed = Buffer.concat([u16(asked.length), asked]);

function reader() {
  const streams = new TcpStreams();
  const got: Buffer[] = [];
  const add = (piece: Partial<TcpPiece>) =>
    streams.add(
      {
        ...{ socket: 7n, isAnswer: false, sequence: 0, bytes: Buffer.alloc(0) },
        ...{ starts: false, ends: false },
        ...piece,
      },
      (whole) => got.push(Buffer.from(whole)),
    );
  return { streams, got, add };
}

test("two directions of two connections do not mix", () => {
  const { got, add, streams } = reader();
  for (const socket of [1n, 2n])
    for (const isAnswer of [false, true]) {
      add({ socket, isAnswer, starts: true });
      add({ socket, isAnswer, bytes: framed.subarray(0, 9) });
    }
  assert.equal(streams.size, 4);
  for (const socket of [1n, 2n])
    for (const isAnswer of [false, true])
      add({ socket, isAnswer, sequence: 9, bytes: framed.subarray(9), ends: true });
  assert.deepEqual(got, [asked, asked, asked, asked]);
  assert.deepEqual([streams.size, streams.givenUp], [0, 0]);
});

test("a connection that was there before is followed from a message on; else it is given up", () => {
  const { got, add, streams } = reader();
  add({ socket: 1n, sequence: 1000, bytes: framed });
  add({ socket: 1n, sequence: 1000 + framed.length, bytes: framed });
  assert.equal(got.length, 2);
  add({ socket: 2n, sequence: 1000, bytes: framed.subarray(5) });
  add({ socket: 2n, sequence: 1000 + framed.length - 5, bytes: framed });
  assert.deepEqual([got.length, streams.givenUp], [2, 1]);
});

test("what never came is counted at the end, and what waits for it is bounded", () => {
  const { got, add, streams } = reader();
  add({ starts: true });
  add({ sequence: 10, bytes: framed });
  assert.deepEqual([got.length, streams.givenUp], [0, 0]);
  add({ sequence: 10 + framed.length, ends: true });
  assert.equal(streams.givenUp, 1);
  add({ starts: true });
  for (let n = 1; n < 400; n++) add({ sequence: 4000 * n, bytes: Buffer.alloc(4000) });
  assert.deepEqual([got.length, streams.givenUp], [0, 2]);
});

test("a length that no message can have is given up at once", () => {
  const { got, add, streams } = reader();
  add({ starts: true });
  add({ bytes: Buffer.concat([framed, u16(3), framed]) });
  add({ sequence: 2 * framed.length + 2, bytes: framed });
  assert.deepEqual([got.length, streams.givenUp], [1, 1]);
});

test("a message of the largest size, byte by byte", () => {
  const { got, add } = reader();
  const body = Buffer.alloc(65_535, 1);
  const bytes = Buffer.concat([u16(65_535), body]);
  add({ starts: true });
  for (let at = 0; at < bytes.length; at++)
    add({ sequence: at, bytes: bytes.subarray(at, at + 1) });
  assert.deepEqual(got, [body]);
});

test("of more connections than are followed the quietest goes", () => {
  const { add, streams } = reader();
  for (let n = 0; n < 5000; n++) {
    add({ socket: BigInt(n), starts: true });
    add({ socket: BigInt(n), bytes: framed.subarray(0, 9) });
  }
  assert.equal(streams.size, 2048);
  assert.equal(streams.givenUp, 5000 - 2048);
});
