import { isUtf8 } from "node:buffer";
import { BYTES, tag, VARINT, WireWriter } from "../wire.js";
import { copyAscii } from "./ascii.js";

/**
 * Writes fields whose content is not known before it is written: the length of a message is put in
 * behind it.
 */
export class FieldWriter {
  /** Where to. */
  wire = nowhere;

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
    if (length < 0x80) wire.bytes[lengthAt] = length;
    else wire.insertLength(lengthAt, 1);
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
  text(field: number, value: Buffer): void {
    this.textIn(field, value, 0, value.length);
  }

  /** The same of a part of a buffer; `isPresent`: written even if it is empty. */
  textIn(field: number, from: Buffer, start: number, end: number, isPresent = false): void {
    if (start === end && !isPresent) return;
    if (this.#ascii(field, from, start, end)) return;
    const value = from.subarray(start, end);
    if (isUtf8(value)) this.bytes(field, value);
    else this.string(field, value.toString());
  }

  /** @returns false: it was not short, or not ASCII, and nothing is written */
  #ascii(field: number, from: Buffer, start: number, end: number): boolean {
    const { wire } = this;
    const before = wire.position;
    this.#lengthAndRoom(field, end - start);
    const isCopied = copyAscii(from, start, end, wire.bytes, wire.position);
    wire.position = isCopied ? wire.position + end - start : before;
    return isCopied;
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

const nowhere = new WireWriter(0);
