import { WasmError } from "./wasmError.js";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Reads a module from front to back. Every read is checked; offsets in errors are of the whole module. */
export class Reader {
  /** Where a section or function ends; nothing is read beyond. */
  end: number;

  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
    end = bytes.length,
  ) {
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  byte(what: string): number {
    if (this.at >= this.end)
      throw new WasmError(`${what} is missing: the module is cut off`, this.at);
    return this.bytes[this.at++] as number;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(what: string): number {
    const start = this.at;
    let result = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte(what);
      if (shift === 28 && byte > 0x0f) throw new WasmError(`${what} is too large a number`, start);
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result >>> 0;
    }
  }

  /** A number that tells how many of something follow, bounded by `limit`. */
  count(what: string, limit: number): number {
    const start = this.at;
    const count = this.u32(`the number of ${what}`);
    if (count > limit) {
      throw new WasmError(`the module has ${count} ${what}, more than the ${limit} allowed`, start);
    }
    return count;
  }

  /** Passes over a LEB128 number of at most `bits` bits, signed or not. */
  skipLeb(what: string, bits: number): void {
    const start = this.at;
    const longest = Math.ceil(bits / 7);
    for (let length = 1; ; length++) {
      if (length > longest) throw new WasmError(`${what} is too large a number`, start);
      if (this.byte(what) < 0x80) return;
    }
  }

  skip(bytes: number, what: string): void {
    if (bytes > this.end - this.at) {
      throw new WasmError(`${what} is cut off: ${bytes} bytes should follow`, this.at);
    }
    this.at += bytes;
  }

  name(what: string, limit: number): string {
    const start = this.at;
    const length = this.u32(`the length of ${what}`);
    if (length > limit) throw new WasmError(`${what} is longer than ${limit} bytes`, start);
    const from = this.at;
    this.skip(length, what);
    try {
      return utf8.decode(this.bytes.subarray(from, this.at));
    } catch {
      throw new WasmError(`${what} is not valid UTF-8`, from);
    }
  }
}
