import { isUtf8 } from "node:buffer";
import { BYTES, tag, VARINT, WireWriter } from "../wire.js";

/**
 * Writes fields whose content is not known before it is written: the length of a message is put in
 * behind it. Memory is used again and again.
 */
export class FieldWriter {
  readonly wire = new WireWriter(4096);

  clear(): void {
    this.wire.position = 0;
  }

  /** What has been written; valid until the next field. */
  get written(): Uint8Array {
    return this.wire.bytes.subarray(0, this.wire.position);
  }

  /** Begins a message. @returns what `end` needs. */
  begin(field: number): number {
    this.wire.reserve(16);
    this.wire.varint(tag(field, BYTES));
    // Most are short: one byte of length.
    return this.wire.position++;
  }

  end(lengthAt: number): void {
    const { wire } = this;
    const length = wire.position - lengthAt - 1;
    if (length < 0x80) {
      wire.bytes[lengthAt] = length;
      return;
    }
    const more = length < 0x4000 ? 1 : length < 0x20_0000 ? 2 : 3;
    wire.reserve(more);
    wire.bytes.copyWithin(lengthAt + 1 + more, lengthAt + 1, wire.position);
    wire.position = lengthAt;
    wire.varint(length);
    wire.position += length;
  }

  /** Left out if it is 0. */
  uint(field: number, value: number): void {
    if (value !== 0) this.present(field, value);
  }

  /** Written even if it is 0. */
  present(field: number, value: number): void {
    this.wire.reserve(20);
    this.wire.varint(tag(field, VARINT));
    this.wire.varint(value);
  }

  flag(field: number, isSet: boolean): void {
    if (isSet) this.present(field, 1);
  }

  /** 64 bits in two halves, written even if they are 0. */
  present64(field: number, low: number, high: number): void {
    this.wire.reserve(20);
    this.wire.varint(tag(field, VARINT));
    this.wire.varint64(low, high);
  }

  uint64(field: number, low: number, high: number): void {
    if (low !== 0 || high !== 0) this.present64(field, low, high);
  }

  /** A negative one takes ten bytes, as protobuf has it. */
  int32(field: number, value: number): void {
    if (value !== 0) this.presentInt32(field, value);
  }

  presentInt32(field: number, value: number): void {
    this.present64(field, value >>> 0, value < 0 ? 0xffff_ffff : 0);
  }

  string(field: number, value: string): void {
    if (value === "") return;
    const length = Buffer.byteLength(value);
    this.#lengthAndRoom(field, length);
    this.wire.text(value, length);
  }

  /** UTF-8 is copied; what is not becomes it, with U+FFFD for what makes no sense. */
  text(field: number, value: Buffer, isPresent = false): void {
    if (value.length === 0 && !isPresent) return;
    if (isUtf8(value)) this.bytes(field, value);
    else this.string(field, value.toString());
  }

  bytes(field: number, value: Uint8Array): void {
    this.#lengthAndRoom(field, value.length);
    this.wire.raw(value);
  }

  #lengthAndRoom(field: number, length: number): void {
    this.wire.reserve(20 + length);
    this.wire.varint(tag(field, BYTES));
    this.wire.varint(length);
  }
}
