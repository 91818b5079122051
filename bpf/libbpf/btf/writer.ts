const MAGIC = 0xeb9f;
const VERSION = 1;
const HEADER = 24;

/** Puts raw BTF bytes together: types in the order of their ids, from 1 on. */
export class BtfWriter {
  readonly #types: Buffer[] = [];
  readonly #strings: Buffer[] = [Buffer.alloc(1)];
  readonly #offsets = new Map<string, number>([["", 0]]);
  #stringBytes = 1;

  /** Offset of the text in the string section. */
  text(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const bytes = Buffer.from(`${text}\0`);
    const at = this.#stringBytes;
    this.#strings.push(bytes);
    this.#offsets.set(text, at);
    this.#stringBytes += bytes.length;
    return at;
  }

  /** `count` is what `info` calls vlen; `words` follow the header. */
  type(
    name: string,
    { kind, count = 0, flag = false }: { kind: number; count?: number; flag?: boolean },
    sizeOrType: number,
    words: readonly number[] = [],
  ): void {
    const info = (flag ? 0x8000_0000 : 0) + kind * 0x100_0000 + count;
    const all = [this.text(name), info, sizeOrType, ...words];
    this.#types.push(Buffer.from(Uint32Array.from(all, (word) => word >>> 0).buffer));
  }

  bytes(): Uint8Array {
    const types = Buffer.concat(this.#types);
    const header = Buffer.alloc(HEADER);
    header.writeUInt16LE(MAGIC, 0);
    header.writeUInt8(VERSION, 2);
    header.writeUInt32LE(HEADER, 4);
    header.writeUInt32LE(types.length, 12);
    header.writeUInt32LE(types.length, 16);
    header.writeUInt32LE(this.#stringBytes, 20);
    return Buffer.concat([header, types, ...this.#strings]);
  }
}
