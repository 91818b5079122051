import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type DnsMessage, parseMessage } from "../../../host/dns/message.js";
import { addressesOf, ipsIn, namesIn } from "../../../host/dns/summary.js";
import { TcpStreams } from "../../../host/dns/tcpStreams.js";
import { corpus } from "./corpus.js";
import { ip4, message, nameBytes } from "./packets.js";

/** What holds of any message, however broken. */
function check(bytes: Buffer): DnsMessage {
  const read = parseMessage(bytes);
  assert.ok(read.questions.length <= 16 && read.answers.length <= 256);
  assert.notEqual(read.problem, "it cannot be read", "nothing is thrown that is not foreseen");
  for (const { name } of [...read.questions, ...read.answers]) {
    assert.ok(name.endsWith(".") && name.length <= 4 * 255, name);
    assert.match(name, /^[!-~]+$/, "what cannot be printed is escaped");
  }
  namesIn(read);
  ipsIn(read);
  addressesOf(read);
  return read;
}

/** On a busy machine a moment is long; a parser that goes in circles takes for ever. */
const longestMs = 1000;

test("a corpus of more than 300 broken messages: none stops or stalls the parser", () => {
  const all = corpus();
  let broken = 0;
  for (const bytes of all) {
    const start = performance.now();
    if (check(bytes).problem !== undefined) broken++;
    assert.ok(performance.now() - start < longestMs, bytes.toString("hex", 0, 64));
  }
  assert.ok(broken >= 300, `${broken} of ${all.length} have a problem`);
});

const label = fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 12 });
const name = fc.array(
  label.map((text) => text.replaceAll(".", "-")),
  { maxLength: 6 },
);
const record = fc.record({
  name: name.map((labels) => labels.join(".")),
  type: fc.oneof(
    fc.constantFrom(1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 41, 64, 65, 257),
    fc.nat(65535),
  ),
  ttl: fc.nat(),
  data: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
});
const anyMessage = fc
  .record({
    id: fc.nat(65535),
    flags: fc.nat(65535),
    questions: fc.array(fc.record({ name: record.map((r) => r.name), type: fc.nat(65535) }), {
      maxLength: 4,
    }),
    answers: fc.array(record, { maxLength: 8 }),
    authorities: fc.array(record, { maxLength: 3 }),
    additional: fc.array(record, { maxLength: 3 }),
  })
  .map(message);

test("messages with anything in them, and with bytes changed, never stop the parser", () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 });
  fc.assert(
    fc.property(anyMessage, changes, fc.nat(), (bytes, changed, end) => {
      check(bytes);
      for (const [at, value] of changed) bytes[at % bytes.length] = value;
      check(bytes);
      check(bytes.subarray(0, end % (bytes.length + 1)));
    }),
    { numRuns: 1500 },
  );
});

test("bytes without any sense never stop the parser", () => {
  const bytes = fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(bytes, (each) => void check(each)),
    { numRuns: 1500 },
  );
});

test("what was written is what is read", () => {
  const plain = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
  const host = fc.array(plain, { minLength: 1, maxLength: 8 }).map((labels) => labels.join("."));
  const given = fc.record({ id: fc.nat(65535), host, alias: host, last: fc.nat(255) });
  fc.assert(
    fc.property(given, ({ id, host, alias, last }) => {
      const data = ip4(`192.0.2.${last}`);
      const questions = [{ name: host, type: 1 }];
      const answers = [
        { type: 5, data: nameBytes(alias) },
        { name: alias, type: 1, data },
      ];
      const read = check(message({ id, flags: 0x8180, questions, answers }));
      assert.equal(read.problem, undefined);
      assert.equal(read.id, id);
      assert.equal(read.questions[0]?.name, `${host}.`);
      assert.deepEqual(addressesOf(read).addresses, [{ ip: `192.0.2.${last}`, ttlSeconds: 60 }]);
    }),
    { numRuns: 500 },
  );
});

test("TCP: however packets cut, repeat and overtake each other, every message comes once, in order", () => {
  const pieces = fc.array(fc.record({ at: fc.nat(), size: fc.integer({ min: 1, max: 90 }) }), {
    maxLength: 40,
  });
  const bodies = fc.array(fc.uint8Array({ minLength: 12, maxLength: 200 }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(bodies, pieces, fc.integer({ max: 2 ** 32 - 1, min: 0 }), (all, extra, first) => {
      const stream = Buffer.concat(
        all.flatMap((body) => [Buffer.of(body.length >> 8, body.length & 255), Buffer.from(body)]),
      );
      const parts = extra.map(({ at, size }) => ({ at: at % stream.length, size }));
      for (let at = 0; at < stream.length; at += 50) parts.push({ at, size: 50 });
      const streams = new TcpStreams();
      const got: string[] = [];
      const add = (at: number, bytes: Buffer, starts = false) =>
        streams.add(
          {
            ...{ socket: 1n, isAnswer: true, bytes, starts, ends: false },
            sequence: (first + at) | 0,
          },
          (whole) => got.push(whole.toString("hex")),
        );
      add(0, Buffer.alloc(0), true);
      for (const { at, size } of parts) add(at, stream.subarray(at, at + size));
      assert.deepEqual(
        got,
        all.map((body) => Buffer.from(body).toString("hex")),
      );
      assert.equal(streams.givenUp, 0);
    }),
    { numRuns: 300 },
  );
});

test("TCP: noise is given up, counted, and never kept without bound", () => {
  const piece = fc.record({
    socket: fc.bigInt({ min: 0n, max: 3n }),
    isAnswer: fc.boolean(),
    sequence: fc.integer(),
    bytes: fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    starts: fc.boolean(),
    ends: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 200 }), (all) => {
      const streams = new TcpStreams();
      for (const each of all) streams.add(each, (whole) => void check(whole));
      assert.ok(streams.size <= 8);
    }),
    { numRuns: 200 },
  );
});
