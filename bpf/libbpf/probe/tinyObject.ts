/** Name of the only program in the object. */
export const tinyProgramName = "probe";

/**
 * An eBPF object file with one program that does nothing but return a constant, made by hand so
 * that probing needs no compiler. `section` says what kind of program it is.
 */
export function tinyObject(section: string, returns = 0): Buffer {
  const code = constantProgram(returns);
  const names = new Names();
  const symbols = Buffer.alloc(2 * SYMBOL);
  symbols.writeUInt32LE(names.offset(tinyProgramName), SYMBOL);
  symbols.writeUInt8((GLOBAL << 4) | FUNCTION, SYMBOL + 4);
  symbols.writeUInt16LE(4, SYMBOL + 6);
  symbols.writeBigUInt64LE(BigInt(code.length), SYMBOL + 16);
  const sections: Section[] = [
    { name: "", type: 0, bytes: Buffer.alloc(0) },
    { name: ".symtab", type: SYMTAB, bytes: symbols, link: 3, info: 1, entry: SYMBOL },
    { name: "license", type: PROGBITS, bytes: Buffer.from("Dual BSD/GPL\0"), flags: WRITE | ALLOC },
    { name: ".strtab", type: STRTAB, bytes: Buffer.alloc(0) },
    { name: section, type: PROGBITS, bytes: code, flags: ALLOC | EXECUTE },
  ];
  return elf(sections, names, 3);
}

/** The instructions of a program that returns a constant. */
export function constantProgram(returns: number): Buffer {
  const code = Buffer.alloc(16);
  code.writeUInt8(0xb7, 0); // r0 = ...
  code.writeInt32LE(returns, 4);
  code.writeUInt8(0x95, 8); // exit
  return code;
}

const HEADER = 64;
const SECTION = 64;
const SYMBOL = 24;
const [PROGBITS, SYMTAB, STRTAB] = [1, 2, 3];
const [WRITE, ALLOC, EXECUTE] = [1, 2, 4];
const [GLOBAL, FUNCTION] = [1, 2];
const RELOCATABLE = 1;
const MACHINE_BPF = 247;

interface Section {
  readonly name: string;
  readonly type: number;
  bytes: Buffer;
  readonly flags?: number;
  readonly link?: number;
  readonly info?: number;
  readonly entry?: number;
}

/** A string table. */
class Names {
  #text = "\0";

  offset(name: string): number {
    const at = Buffer.byteLength(this.#text);
    this.#text += `${name}\0`;
    return at;
  }

  get bytes(): Buffer {
    return Buffer.from(this.#text);
  }
}

function elf(sections: readonly Section[], names: Names, nameTable: number): Buffer {
  const nameOffsets = sections.map(({ name }) => (name ? names.offset(name) : 0));
  const table = sections[nameTable];
  if (table) table.bytes = names.bytes;
  const headers = Buffer.alloc(SECTION * sections.length);
  const parts: Buffer[] = [];
  let at = HEADER;
  sections.forEach((section, i) => {
    const header = headers.subarray(i * SECTION, (i + 1) * SECTION);
    header.writeUInt32LE(nameOffsets[i] ?? 0, 0);
    header.writeUInt32LE(section.type, 4);
    header.writeBigUInt64LE(BigInt(section.flags ?? 0), 8);
    header.writeBigUInt64LE(BigInt(at), 24);
    header.writeBigUInt64LE(BigInt(section.bytes.length), 32);
    header.writeUInt32LE(section.link ?? 0, 40);
    header.writeUInt32LE(section.info ?? 0, 44);
    header.writeBigUInt64LE(8n, 48);
    header.writeBigUInt64LE(BigInt(section.entry ?? 0), 56);
    const padded = Buffer.alloc((section.bytes.length + 7) & ~7);
    section.bytes.copy(padded);
    parts.push(padded);
    at += padded.length;
  });
  return Buffer.concat([fileHeader(at, sections.length, nameTable), ...parts, headers]);
}

function fileHeader(sectionsAt: number, count: number, nameTable: number): Buffer {
  const header = Buffer.alloc(HEADER);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(RELOCATABLE, 16);
  header.writeUInt16LE(MACHINE_BPF, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(sectionsAt), 40);
  header.writeUInt16LE(HEADER, 52);
  header.writeUInt16LE(SECTION, 58);
  header.writeUInt16LE(count, 60);
  header.writeUInt16LE(nameTable, 62);
  return header;
}
