import koffi from "koffi";
import { BpfError } from "../errors.js";
import { checkedWord } from "./check.js";

/** A C struct written by hand: zeroed memory, fields set by their offset. Kept alive as long as this object. */
export class NativeStruct {
  readonly bytes: Buffer;
  readonly #kept: Uint8Array[] = [];

  constructor(size: number) {
    this.bytes = Buffer.alloc(size);
  }

  /** One of libbpf's option structs: its first field is its own size. */
  static options(size: number): NativeStruct {
    return new NativeStruct(size).u64(0, size);
  }

  u8(offset: number, value: number | boolean): this {
    this.bytes.writeUInt8(Number(value), offset);
    return this;
  }

  u32(offset: number, value: number): this {
    this.bytes.writeUInt32LE(value >>> 0, offset);
    return this;
  }

  u64(offset: number, value: number | bigint): this {
    this.bytes.writeBigUInt64LE(checkedWord("a 64-bit field", value), offset);
    return this;
  }

  /** A pointer to these bytes, or to a C string; undefined leaves it NULL. */
  pointer(offset: number, target: Uint8Array | string | undefined): this {
    if (target === undefined) return this;
    const bytes = typeof target === "string" ? cString(target) : target;
    if (!(bytes instanceof Uint8Array)) {
      throw new BpfError(`expected text or bytes (Uint8Array), got ${typeof target}`, {
        code: "BAD_VALUE",
      });
    }
    this.#kept.push(bytes);
    return this.u64(offset, koffi.address(bytes));
  }

  getU32(offset: number): number {
    return this.bytes.readUInt32LE(offset);
  }

  getU64(offset: number): bigint {
    return this.bytes.readBigUInt64LE(offset);
  }

  getText(offset: number, size: number): string {
    return cText(this.bytes.subarray(offset, offset + size));
  }
}

/** The text up to the first NUL. */
export function cText(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}

function cString(text: string): Buffer {
  if (text.includes("\0")) {
    throw new BpfError(`${JSON.stringify(text)} has a NUL character in it`, { code: "BAD_VALUE" });
  }
  const bytes = Buffer.alloc(Buffer.byteLength(text) + 1);
  bytes.write(text);
  return bytes;
}
