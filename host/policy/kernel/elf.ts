/** As much of an ELF file as uprobes need: where in the file a function begins. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** A sentence part that says what is wrong with the file. */
export class ElfError extends Error {}

export interface ElfFunctions {
  /** Offset in the file of a function; undefined: there is none of that name. */
  offsetOf(name: string): number | undefined;
  /** Of an address that the program has when it runs, before it is moved to where it is loaded. */
  offsetOfAddress(address: number): number | undefined;
  readonly names: Iterable<string>;
  readonly size: number;
}

export interface Section {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

export interface Segment {
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** Tables larger than these are not of programs that anybody runs. */
const mostTable = 256 * 1024 * 1024;
const mostSections = 65_536;

export const SYMTAB = 2;
export const DYNSYM = 11;
const LOAD = 1;
const EXECUTABLE = 1;
const FUNCTION = 2;
const INDIRECT_FUNCTION = 10;

/** Throws `ElfError`. Without `symbols` the functions' names are not read, which of large programs takes long. */
export function readElf(path: string, symbols: boolean): ElfFunctions {
  const fd = open(path);
  try {
    return parse(new ElfFile(fd), symbols);
  } finally {
    closeSync(fd);
  }
}

function open(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ElfError(code === "ENOENT" ? "there is no such file" : `it cannot be read (${code})`);
  }
}

export class ElfFile {
  readonly size: number;

  constructor(private readonly fd: number) {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new ElfError("it is no file");
    this.size = stat.size;
  }

  read(offset: number, length: number): Buffer {
    if (length > mostTable || offset < 0 || offset + length > this.size) {
      throw new ElfError("it is no complete ELF file: a table lies beyond its end");
    }
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const count = readSync(this.fd, bytes, done, length - done, offset + done);
      if (count === 0) throw new ElfError("it became shorter while it was read");
      done += count;
    }
    return bytes;
  }
}

export function readHeader(file: ElfFile): Buffer {
  if (file.size < 64) throw new ElfError("it is no ELF file");
  const header = file.read(0, 64);
  if (header.readUInt32BE(0) !== 0x7f454c46) throw new ElfError("it is no ELF file");
  if (header[4] !== 2 || header[5] !== 1) {
    throw new ElfError("it is no ELF file of this machine (64 bits, little-endian)");
  }
  return header;
}

function parse(file: ElfFile, withSymbols: boolean): ElfFunctions {
  const header = readHeader(file);
  const segments = readSegments(file, header);
  const sections = withSymbols ? readSections(file, header) : [];
  const symbols = new Map<string, number>();
  for (const section of sections) {
    if (section.type === SYMTAB || section.type === DYNSYM) {
      readSymbols(file, section, sections[section.link], symbols);
    }
  }
  const offsetOfAddress = (address: number) => {
    const found = segments.find(
      (each) => address >= each.address && address < each.address + each.size,
    );
    return found && address - found.address + found.offset;
  };
  return {
    offsetOf: (name) => {
      const address = symbols.get(name);
      return address === undefined ? undefined : offsetOfAddress(address);
    },
    offsetOfAddress,
    names: symbols.keys(),
    size: file.size,
  };
}

/** Only those with code. */
export function readSegments(file: ElfFile, header: Buffer): Segment[] {
  const [start, size, count] = [
    offset64(header, 32),
    header.readUInt16LE(54),
    header.readUInt16LE(56),
  ];
  if (size < 56) return [];
  const table = file.read(start, size * count);
  return Array.from({ length: count }, (_, index) => table.subarray(index * size))
    .filter((entry) => entry.readUInt32LE(0) === LOAD && (entry.readUInt32LE(4) & EXECUTABLE) !== 0)
    .map((entry) => ({
      offset: offset64(entry, 8),
      address: offset64(entry, 16),
      size: offset64(entry, 32),
    }));
}

export function readSections(file: ElfFile, header: Buffer): Section[] {
  const [start, size] = [offset64(header, 40), header.readUInt16LE(58)];
  let count = header.readUInt16LE(60);
  if (start === 0 || size < 64) return [];
  // More than fit the header are counted in the first section.
  if (count === 0) count = offset64(file.read(start, 64), 32);
  if (count > mostSections) throw new ElfError(`it says that it has ${count} sections`);
  const table = file.read(start, size * count);
  return Array.from({ length: count }, (_, index) => table.subarray(index * size)).map((entry) => ({
    type: entry.readUInt32LE(4),
    offset: offset64(entry, 24),
    size: offset64(entry, 32),
    link: entry.readUInt32LE(40),
  }));
}

const entrySize = 24;

export interface ElfSymbol {
  readonly name: string;
  readonly address: number;
  readonly size: number;
}

function readSymbols(
  file: ElfFile,
  section: Section,
  strings: Section | undefined,
  into: Map<string, number>,
): void {
  for (const { name, address } of functionsOf(file, section, strings)) {
    if (!into.has(name)) into.set(name, address);
  }
}

/** The functions that a table of symbols defines. */
export function* functionsOf(
  file: ElfFile,
  section: Section,
  strings: Section | undefined,
): Generator<ElfSymbol> {
  if (strings === undefined) return;
  const table = file.read(section.offset, section.size);
  const names = file.read(strings.offset, strings.size);
  for (let at = 0; at + entrySize <= table.length; at += entrySize) {
    const type = (table[at + 4] ?? 0) & 0xf;
    const isDefined = table.readUInt16LE(at + 6) !== 0;
    if ((type !== FUNCTION && type !== INDIRECT_FUNCTION) || !isDefined) continue;
    const start = table.readUInt32LE(at);
    const end = names.indexOf(0, start);
    if (start >= names.length || end < 0) continue;
    const name = names.toString("latin1", start, end);
    yield { name, address: offset64(table, at + 8), size: offset64(table, at + 16) };
  }
}

function offset64(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new ElfError("it has an offset beyond all files");
  return Number(value);
}
