/** Makes raw BTF bytes for tests: types are added in the order of their ids, from 1 on (or after the base's). */
export class BtfBuilder {
  readonly #types: Buffer[] = [];
  #strings = "\0";

  constructor(readonly stringBase = 0) {}

  /** Offset of the text in the string section. */
  text(text: string): number {
    const at = this.#strings.length + this.stringBase;
    this.#strings += `${text}\0`;
    return at;
  }

  /** A type: kind, vlen and flag, size or type, and the words that follow. */
  type(
    name: string,
    kind: number,
    sizeOrType: number,
    words: number[] = [],
    vlen = 0,
    flag = 0,
  ): this {
    const all = [
      name ? this.text(name) : 0,
      (flag << 31) | (kind << 24) | vlen,
      sizeOrType,
      ...words,
    ];
    this.#types.push(Buffer.from(Uint32Array.from(all, (word) => word >>> 0).buffer));
    return this;
  }

  build(): Buffer {
    const types = Buffer.concat(this.#types);
    const strings = Buffer.from(this.#strings);
    const header = Buffer.alloc(24);
    header.writeUInt16LE(0xeb9f, 0);
    header.writeUInt8(1, 2);
    header.writeUInt32LE(24, 4);
    header.writeUInt32LE(0, 8);
    header.writeUInt32LE(types.length, 12);
    header.writeUInt32LE(types.length, 16);
    header.writeUInt32LE(strings.length, 20);
    return Buffer.concat([header, types, strings]);
  }
}
