/** Messages that are broken, each in another way; always the same ones. */
import { ip4, ip6, message, nameBytes, u16, u32 } from "./packets.js";

const text = Buffer.from("\x04text");
const whole = message({
  id: 77,
  flags: 0x8180,
  questions: [{ name: "www.example.org", type: 255 }],
  answers: [
    { type: 5, data: nameBytes("alias.example.net") },
    { name: "alias.example.net", type: 1, data: ip4("192.0.2.1") },
    { type: 28, data: ip6("2001:db8:0:0:0:0:0:1") },
    { type: 16, data: text },
    { type: 33, data: Buffer.concat([u16(1, 2, 3), u16(0xc00c)]) },
    { type: 65, data: Buffer.concat([u16(1), Buffer.of(0), u16(1, 3), Buffer.from("\x02h2")]) },
    { type: 257, data: Buffer.from("\x00\x05issueca") },
    { type: 6, data: Buffer.concat([u16(0xc00c), u16(0xc010), ...[1, 2, 3, 4, 5].map(u32)]) },
  ],
});

/** A small generator of numbers below 2^32 (xorshift): the corpus is the same each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Chains of pointers, each to the one before: as deep as a message allows. */
function pointerChain(): Buffer {
  const head = u16(1, 0x8180, 0, 1, 0, 0);
  const links = Array.from({ length: 8000 }, (_, n) => u16(0xc000 | (n === 0 ? 12 : 12 + 2 * n)));
  return Buffer.concat([head, Buffer.of(1, 97, 0, 0), ...links]);
}

export function corpus(): readonly Buffer[] {
  const made: Buffer[] = [];
  // Cut after every byte.
  for (let end = 0; end < whole.length; end++) made.push(Buffer.from(whole.subarray(0, end)));
  // Every byte as what lengths, pointers and counts are made of.
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0x00, 0x3f, 0x40, 0xc0, 0xff]) {
      const bytes = Buffer.from(whole);
      bytes[at] = value;
      made.push(bytes);
    }
  }
  // Counts that promise more than there is.
  for (const field of [4, 6, 8, 10]) {
    const bytes = Buffer.from(whole);
    bytes.writeUInt16BE(0xffff, field);
    made.push(bytes);
  }
  // Noise, of all lengths, with and without a header that makes sense.
  const next = numbers(0x5eed);
  for (let n = 0; n < 300; n++) {
    const bytes = Buffer.alloc(next() % 1500);
    for (let at = 0; at < bytes.length; at++) bytes[at] = next();
    if (n % 2 === 0) u16(1, 0x8180, 1, 40, 0, 0).copy(bytes);
    made.push(bytes);
  }
  made.push(
    pointerChain(),
    Buffer.alloc(65_535, 0xc0),
    Buffer.alloc(65_535, 1),
    Buffer.alloc(65_535),
  );
  // As many records as fit, whose names are all as long as they may be.
  const long = nameBytes(Array.from({ length: 127 }, () => "a").join("."));
  const record = Buffer.concat([u16(0xc00c, 16, 1), u32(0), u16(0)]);
  const records = Array.from({ length: 5000 }, () => record);
  made.push(Buffer.concat([u16(1, 0x8180, 1, 5000, 0, 0), long, u16(1, 1), ...records]));
  return made;
}
