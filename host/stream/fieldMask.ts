/** Leaves fields out of encoded events: what is dropped is passed over, never decoded. */
import { BYTES, varintSize, WireWriter } from "../events/wire.js";

/** For each kind of event, by its field in `fgs.GetEventsResponse`; kinds that are not listed stay whole. */
export type FieldMasks = readonly (readonly [eventField: number, mask: boolean | FieldMask])[];

/** What is kept of a message: plain data, so that it can cross threads. */
export interface FieldMask {
  /** Whether fields that are not listed are kept. */
  readonly others: boolean;
  /** By number: kept, dropped, or a message of which a part is kept. In the order of the numbers. */
  readonly fields: readonly (readonly [field: number, part: boolean | FieldMask])[];
}

const prefixBytes = 5;

/** Applies masks to framed messages, one after another in the same memory. */
export class FrameMasker {
  readonly #masks: Compiled;
  readonly #out = new WireWriter(16 * 1024);

  constructor(masks: FieldMasks) {
    this.#masks = compile({ others: true, fields: masks });
  }

  /** @returns the frame with what is left of its message; valid until the next call. */
  apply(frame: Uint8Array): Uint8Array {
    const out = this.#out;
    out.position = 0;
    // No part of a message grows.
    out.reserve(frame.length);
    out.position = prefixBytes;
    copyKept(frame, prefixBytes, frame.length, this.#masks, out);
    out.bytes[0] = frame[0] ?? 0;
    out.bytes.writeUInt32BE(out.position - prefixBytes, 1);
    return out.bytes.subarray(0, out.position);
  }
}

/** Applies masks to one encoded `fgs.GetEventsResponse`. */
export function maskMessage(masks: FieldMasks, message: Uint8Array): Uint8Array {
  const frame = Buffer.concat([Buffer.alloc(prefixBytes), message]);
  return new FrameMasker(masks).apply(frame).subarray(prefixBytes);
}

interface Compiled {
  readonly others: boolean;
  readonly fields: ReadonlyMap<number, boolean | Compiled>;
}

function compile({ others, fields }: FieldMask): Compiled {
  const parts = fields.map(
    ([field, part]) => [field, typeof part === "boolean" ? part : compile(part)] as const,
  );
  return { others, fields: new Map(parts) };
}

function copyKept(
  from: Uint8Array,
  start: number,
  end: number,
  mask: Compiled,
  out: WireWriter,
): void {
  const reader: Reader = { bytes: from, at: start };
  while (reader.at < end) {
    const fieldStart = reader.at;
    const tag = readVarint(reader);
    const part = mask.fields.get(Math.floor(tag / 8)) ?? mask.others;
    const isPart = typeof part !== "boolean" && tag % 8 === BYTES;
    if (!isPart) {
      skipValue(reader, tag % 8);
      if (part !== false) out.raw(from.subarray(fieldStart, reader.at));
      continue;
    }
    const tagEnd = reader.at;
    const length = readVarint(reader);
    const content = reader.at;
    out.raw(from.subarray(fieldStart, tagEnd));
    copyMessage(from, content, content + length, part, out);
    reader.at = content + length;
  }
}

/** Behind the tag: the length, which is not known before the content is written, and the content. */
function copyMessage(
  from: Uint8Array,
  start: number,
  end: number,
  mask: Compiled,
  out: WireWriter,
): void {
  const lengthAt = out.position;
  // Most often the length takes as many bytes as it did before.
  const guess = varintSize(end - start);
  out.position += guess;
  copyKept(from, start, end, mask, out);
  const contentAt = lengthAt + guess;
  const length = out.position - contentAt;
  const needed = varintSize(length);
  if (needed < guess) out.bytes.copyWithin(lengthAt + needed, contentAt, out.position);
  out.position = lengthAt;
  out.varint(length);
  out.position += length;
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

/** A tag or a length: values beyond 2^53 occur only where they are skipped. */
function readVarint(reader: Reader): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = reader.bytes[reader.at++] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
}

function skipValue(reader: Reader, wireType: number): void {
  switch (wireType) {
    case 0:
      while ((reader.bytes[reader.at++] ?? 0) >= 0x80);
      return;
    case 1:
      reader.at += 8;
      return;
    case BYTES: {
      const length = readVarint(reader);
      reader.at += length;
      return;
    }
    case 5:
      reader.at += 4;
      return;
  }
  throw new Error(`a field of wire type ${wireType} in an encoded event`);
}
