import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMessage } from "../../../host/dns/message.js";
import { addressesOf, ipsIn, namesIn } from "../../../host/dns/summary.js";
import { type Answer, ip4, ip6, message, nameBytes, u16, u32 } from "./packets.js";

const question = { name: "www.example.org", type: 1 };
const answered = (...answers: Answer[]) =>
  parseMessage(message({ flags: 0x8180, questions: [question], answers }));

test("a question: its name, type and number", () => {
  const read = parseMessage(message({ id: 4711, questions: [question] }));
  assert.deepEqual(read, {
    id: 4711,
    response: false,
    flags: 0x0100,
    rcode: 0,
    questions: [{ name: "www.example.org.", type: 1 }],
    answers: [],
    udpSize: undefined,
    problem: undefined,
  });
});

const svcb = Buffer.concat([
  u16(1),
  Buffer.of(0),
  u16(1, 6),
  Buffer.from("\x02h2\x02h3"),
  u16(3, 2, 8443),
  u16(4, 8),
  ip4("192.0.2.1"),
  ip4("192.0.2.2"),
]);
const soa = [
  nameBytes("ns.example.org"),
  nameBytes("mail.example.org"),
  ...[1, 2, 3, 4, 5].map(u32),
];
const forms: readonly (readonly [string, number, Buffer, string])[] = [
  ["A", 1, ip4("192.0.2.1"), "192.0.2.1"],
  ["AAAA", 28, ip6("2001:db8:0:0:0:0:0:1"), "2001:db8::1"],
  ["NS", 2, nameBytes("ns.example.org"), "ns.example.org."],
  ["CNAME", 5, u16(0xc00c), "www.example.org."],
  ["PTR", 12, Buffer.concat([Buffer.from("\x04mail"), u16(0xc010)]), "mail.example.org."],
  ["MX", 15, Buffer.concat([u16(10), nameBytes("mx.example.org")]), "10 mx.example.org."],
  ["SRV", 33, Buffer.concat([u16(1, 2, 389), nameBytes("ldap.a")]), "1 2 389 ldap.a."],
  ["SOA", 6, Buffer.concat(soa), "ns.example.org. mail.example.org. 1 2 3 4 5"],
  ["TXT", 16, Buffer.from('\x03a"b\x00\x02\\c'), '"a\\"b" "" "\\\\c"'],
  ["HTTPS", 65, svcb, "1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1,192.0.2.2"],
  ["CAA", 257, Buffer.from("\x00\x05issueca.example"), '0 issue "ca.example"'],
  ["DS", 43, Buffer.of(1, 2, 255), "\\# 3 0102ff"],
  ["a type nobody knows", 65_280, Buffer.alloc(0), "\\# 0"],
];
for (const [name, type, data, text] of forms) {
  test(`the data of ${name} as text`, () => {
    const { answers, problem } = answered({ type, data });
    assert.equal(problem, undefined);
    assert.deepEqual(answers, [{ name: "www.example.org.", type, ttl: 60, data: text }]);
  });
}

test("a chain of aliases: names that it leads to, addresses that hold as long as all of it", () => {
  const read = answered(
    { type: 5, ttl: 300, data: nameBytes("a.example.net") },
    { name: "A.example.net", type: 5, ttl: 20, data: nameBytes("b.example.net") },
    { name: "b.example.net", type: 1, ttl: 600, data: ip4("192.0.2.1") },
    { name: "b.example.net", type: 1, ttl: 10, data: ip4("192.0.2.2") },
    { name: "other.example.net", type: 1, ttl: 600, data: ip4("192.0.2.3") },
  );
  assert.deepEqual(ipsIn(read), ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  assert.deepEqual(namesIn(read).slice(0, 2), ["www.example.org.", "a.example.net."]);
  assert.deepEqual(addressesOf(read), {
    name: "www.example.org.",
    addresses: [
      { ip: "192.0.2.1", ttlSeconds: 20 },
      { ip: "192.0.2.2", ttlSeconds: 10 },
    ],
  });
});

test("EDNS: the size that is offered, and the high part of the response code", () => {
  const opt = Buffer.concat([Buffer.of(0), u16(41, 1232), u32(0x01000000), u16(0)]);
  const plain = message({ flags: 0x8180, questions: [question] });
  plain.writeUInt16BE(1, 10);
  const read = parseMessage(Buffer.concat([plain, opt]));
  assert.equal(read.udpSize, 1232);
  assert.equal(read.rcode, 16);
  assert.equal(read.problem, undefined);
});

test("several questions are told, and more than make sense are a problem", () => {
  const questions = Array.from({ length: 17 }, (_, n) => ({ name: `n${n}.example`, type: n }));
  const few = parseMessage(message({ questions: questions.slice(0, 3) }));
  assert.deepEqual(
    few.questions.map(({ name, type }) => [name, type]),
    [
      ["n0.example.", 0],
      ["n1.example.", 1],
      ["n2.example.", 2],
    ],
  );
  const many = parseMessage(message({ questions }));
  assert.equal(many.questions.length, 16);
  assert.equal(many.problem, "it has 17 questions");
});

test("bytes of a name that are no plain characters are escaped; the root is a dot", () => {
  const name = Buffer.concat([Buffer.from("\x05a.b\\\x00\x01\xff", "latin1"), Buffer.of(0)]);
  const bytes = Buffer.concat([
    u16(1, 0x0100, 2, 0, 0, 0),
    name,
    u16(1, 1),
    Buffer.of(0),
    u16(2, 1),
  ]);
  const { questions, problem } = parseMessage(bytes);
  assert.equal(problem, undefined);
  assert.deepEqual(questions, [
    { name: "a\\.b\\\\\\000.\\255.", type: 1 },
    { name: ".", type: 2 },
  ]);
});

/** A name server's answer with the name of its record replaced. */
function withOwner(owner: Buffer): Buffer {
  const head = message({ flags: 0x8180, questions: [question] });
  head.writeUInt16BE(1, 6);
  return Buffer.concat([head, owner, u16(1, 1), u32(60), u16(4), ip4("192.0.2.1")]);
}
const at = message({ questions: [question] }).length;
const broken: readonly (readonly [string, Buffer, string])[] = [
  ["a pointer to itself", withOwner(u16(0xc000 | at)), "a name points at itself or forward"],
  ["a pointer forward", withOwner(u16(0xc000 | (at + 20))), "a name points at itself or forward"],
  ["a pointer into the header", withOwner(u16(0xc004)), "a name points into the header"],
  [
    "labels that lead back to themselves",
    withOwner(Buffer.concat([Buffer.from("\x01a"), u16(0xc000 | at)])),
    "a name points at itself or forward",
  ],
  [
    "a label of a kind of old",
    withOwner(Buffer.of(0x41, 0, 0)),
    "a label is of a kind that does not exist",
  ],
  [
    "a name of 300 bytes",
    withOwner(nameBytes(Array.from({ length: 30 }, () => "abcdefghi").join("."))),
    "a name is longer than 255 bytes",
  ],
  [
    "a name that gets too long by a pointer",
    withOwner(
      Buffer.concat([
        ...Array.from({ length: 24 }, () => Buffer.from("\x09abcdefghi")),
        u16(0xc00c),
      ]),
    ),
    "a name is longer than 255 bytes",
  ],
  ["no end", withOwner(Buffer.of(0)).subarray(0, -3), "the data of a record does not end"],
  [
    "nothing behind the question",
    withOwner(Buffer.alloc(0)).subarray(0, at),
    "a name does not end",
  ],
  ["bytes behind the end", Buffer.concat([message({}), Buffer.alloc(7)]), "7 bytes follow its end"],
  ["nothing at all", Buffer.alloc(0), "it is shorter than the header"],
];
for (const [what, bytes, problem] of broken) {
  test(`${what}: a problem, and what came before it is told`, () => {
    const read = parseMessage(bytes);
    assert.equal(read.problem, problem);
    if (bytes.length > at) assert.equal(read.questions[0]?.name, "www.example.org.");
  });
}

test("a name of 255 bytes is the longest, with and without a pointer", () => {
  const labels = [63, 63, 63].map((length) => "x".repeat(length));
  const longest = nameBytes([...labels, "y".repeat(61)].join("."));
  assert.equal(longest.length, 255);
  assert.equal(parseMessage(withOwner(longest)).problem, undefined);
  const tooLong = nameBytes([...labels, "y".repeat(62)].join("."));
  assert.equal(parseMessage(withOwner(tooLong)).problem, "a name is longer than 255 bytes");
  // The question takes 17 bytes with its end: 238 go before it.
  const before = (last: number) =>
    Buffer.concat([
      nameBytes([...labels, "y".repeat(last)].join(".")).subarray(0, -1),
      u16(0xc00c),
    ]);
  assert.equal(parseMessage(withOwner(before(45))).problem, undefined);
  assert.equal(parseMessage(withOwner(before(46))).problem, "a name is longer than 255 bytes");
});
