import { BYTES, tag, VARINT, varintSize, WireWriter } from "./wire.js";

/**
 * Builds a message whose parts are encoded rarely (a process, once in its life): clear before fast.
 * Fields at their default are left out, as proto3 does.
 */
export class MessageBuilder {
  readonly #writer = idle.pop() ?? new WireWriter(512);

  uint(field: number, value: number): this {
    if (value !== 0) this.present(field, value);
    return this;
  }

  /** Written even if it is 0: for wrappers and oneofs. */
  present(field: number, value: number): this {
    this.#writer.reserve(20);
    this.#writer.varint(tag(field, VARINT));
    this.#writer.varint(value);
    return this;
  }

  /** @param value from 0 to 2^64-1 */
  uint64(field: number, value: bigint): this {
    if (value === 0n) return this;
    this.#writer.reserve(20);
    this.#writer.varint(tag(field, VARINT));
    this.#writer.varint64(Number(value & 0xffffffffn), Number(value >> 32n));
    return this;
  }

  string(field: number, value: string): this {
    if (value === "") return this;
    const length = Buffer.byteLength(value);
    this.#writer.reserve(20 + length);
    this.#writer.varint(tag(field, BYTES));
    this.#writer.varint(length);
    this.#writer.text(value, length);
    return this;
  }

  /** A sub-message; written even if it is empty. */
  message(field: number, content: Uint8Array): this {
    this.#writer.reserve(20 + content.length);
    this.#writer.varint(tag(field, BYTES));
    this.#writer.varint(content.length);
    this.#writer.raw(content);
    return this;
  }

  packed(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    const length = values.reduce((sum, value) => sum + varintSize(value), 0);
    this.#writer.reserve(20 + length);
    this.#writer.varint(tag(field, BYTES));
    this.#writer.varint(length);
    for (const value of values) this.#writer.varint(value);
    return this;
  }

  /** google.protobuf.UInt32Value; left out if undefined. */
  wrappedUint(field: number, value: number | undefined): this {
    if (value === undefined) return this;
    return this.message(field, new MessageBuilder().uint(1, value).finish());
  }

  /** google.protobuf.Timestamp. @param ns since 1970 */
  timestamp(field: number, ns: bigint): this {
    const seconds = Number(ns / 1_000_000_000n);
    const nanos = Number(ns % 1_000_000_000n);
    return this.message(field, new MessageBuilder().uint(1, seconds).uint(2, nanos).finish());
  }

  /** The message, in memory of its own. The builder is of no more use. */
  finish(): Uint8Array {
    const { bytes, position } = this.#writer;
    const message = keep(bytes, position);
    this.#writer.position = 0;
    if (idle.length < mostIdle && bytes.length <= largestIdle) idle.push(this.#writer);
    return message;
  }
}

/** Writers for the next messages: one for each would be garbage of half a KiB. */
const idle: WireWriter[] = [];
const mostIdle = 8;
const largestIdle = 16 * 1024;

/** Messages share pieces of memory, which go with the last of them: one for each takes as much again. */
let slab = new Uint8Array(0);
let slabUsed = 0;
const slabBytes = 32 * 1024;
const smallBytes = 64;

function keep(bytes: Uint8Array, size: number): Uint8Array {
  // Parts of messages are copied again at once: the smallest arrays are memory that V8 moves and frees.
  if (size <= smallBytes || size > slabBytes / 8) return new Uint8Array(bytes.subarray(0, size));
  if (slabUsed + size > slab.length) {
    slab = new Uint8Array(slabBytes);
    slabUsed = 0;
  }
  const kept = slab.subarray(slabUsed, slabUsed + size);
  for (let n = 0; n < size; n++) kept[n] = bytes[n] as number;
  slabUsed += size;
  return kept;
}
