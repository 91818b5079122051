/** DNS messages for tests, put together by hand: independently of what reads them. */

export interface Answer {
  readonly name?: string;
  readonly type: number;
  readonly ttl?: number;
  readonly data: Buffer;
}

/** `www.example.org` as labels. */
export function nameBytes(name: string): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  return Buffer.concat([
    ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label, "latin1")])),
    Buffer.of(0),
  ]);
}

export const u16 = (...values: number[]): Buffer =>
  Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.alloc(2);
      bytes.writeUInt16BE(value);
      return bytes;
    }),
  );

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export interface MessageOptions {
  readonly id?: number;
  readonly flags?: number;
  readonly questions?: readonly { readonly name: string; readonly type: number }[];
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly additional?: readonly Answer[];
}

/** Points at the first question. */
const pointer = u16(0xc00c);

function record({ name, type, ttl = 60, data }: Answer): Buffer {
  const owner = name === undefined ? pointer : nameBytes(name);
  return Buffer.concat([owner, u16(type, 1), u32(ttl), u16(data.length), data]);
}

export function message(options: MessageOptions): Buffer {
  const { id = 1, flags = 0x0100, questions = [], answers = [] } = options;
  const { authorities = [], additional = [] } = options;
  return Buffer.concat([
    u16(id, flags, questions.length, answers.length, authorities.length, additional.length),
    ...questions.flatMap(({ name, type }) => [nameBytes(name), u16(type, 1)]),
    ...[...answers, ...authorities, ...additional].map(record),
  ]);
}

export const ip4 = (text: string): Buffer => Buffer.from(text.split(".").map(Number));

/** Eight groups, none left out. */
export const ip6 = (text: string): Buffer =>
  u16(...text.split(":").map((group) => Number.parseInt(group, 16)));
