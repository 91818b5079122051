/** The functions of a program or library, by their place in its file. */
import { closeSync, constants, openSync } from "node:fs";
import {
  DYNSYM,
  ElfError,
  ElfFile,
  functionsOf,
  readHeader,
  readSections,
  readSegments,
  type Section,
  type Segment,
  SYMTAB,
} from "../../policy/kernel/elf.js";
import { type FunctionSymbol, SymbolTable } from "./symbolTable.js";

const mostNameLength = 512;

export class ElfImage {
  constructor(
    readonly functions: SymbolTable,
    /** Hexadecimal digits; "" if the file has none. */
    readonly buildId: string,
    private readonly segments: readonly Segment[],
  ) {}

  /** What a program calls the place of this offset before it is moved to where it is loaded. */
  addressOf(offset: number): number {
    const found = this.segments.find(
      (each) => offset >= each.offset && offset < each.offset + each.size,
    );
    return found === undefined ? offset : offset - found.offset + found.address;
  }
}

/** Of a file without symbols, which may be anything, just its place can be told. */
export const noImage = new ElfImage(new SymbolTable([]), "", []);

/**
 * `debugRoot`: where the distribution's own symbols of stripped files may lie, the `/` of whoever runs
 * it. Throws nothing: what is no ELF file has no functions.
 */
export function readElfImage(fd: number, debugRoot: string): ElfImage {
  try {
    const file = new ElfFile(fd);
    const header = readHeader(file);
    const sections = readSections(file, header);
    const buildId = readBuildId(file, sections);
    const own = bestTable(file, sections, [SYMTAB]);
    const found = own ?? debugFunctions(debugRoot, buildId) ?? bestTable(file, sections, [DYNSYM]);
    return new ElfImage(new SymbolTable(found ?? []), buildId, readSegments(file, header));
  } catch (error) {
    if (isUnreadable(error)) return noImage;
    throw error;
  }
}

function bestTable(
  file: ElfFile,
  sections: readonly Section[],
  types: readonly number[],
): FunctionSymbol[] | undefined {
  const tables = sections.filter(({ type }) => types.includes(type));
  const symbols = tables.flatMap((section) =>
    Array.from(functionsOf(file, section, sections[section.link]), ({ name, address, size }) => ({
      start: address,
      size,
      name: name.slice(0, mostNameLength),
    })),
  );
  return symbols.length > 0 ? symbols : undefined;
}

/** As `*-dbgsym` packages install them. */
function debugFunctions(root: string, buildId: string): FunctionSymbol[] | undefined {
  if (buildId.length < 4) return undefined;
  const path = `${root}/usr/lib/debug/.build-id/${buildId.slice(0, 2)}/${buildId.slice(2)}.debug`;
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const file = new ElfFile(fd);
    const sections = readSections(file, readHeader(file));
    if (readBuildId(file, sections) !== buildId) return undefined;
    return bestTable(file, sections, [SYMTAB]);
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  } finally {
    closeSync(fd);
  }
}

const NOTE = 7;
const GNU_BUILD_ID = 3;
const mostNoteBytes = 65_536;

function readBuildId(file: ElfFile, sections: readonly Section[]): string {
  for (const { type, offset, size } of sections) {
    if (type !== NOTE || size > mostNoteBytes) continue;
    const notes = file.read(offset, size);
    for (let at = 0; at + 12 <= notes.length; ) {
      const [nameSize, bodySize] = [notes.readUInt32LE(at), notes.readUInt32LE(at + 4)];
      const body = at + 12 + roundUp(nameSize);
      const isGnu = notes.toString("latin1", at + 12, at + 16) === "GNU\0";
      if (isGnu && notes.readUInt32LE(at + 8) === GNU_BUILD_ID && bodySize <= 64) {
        return notes.toString("hex", body, body + bodySize);
      }
      at = body + roundUp(bodySize);
    }
  }
  return "";
}

const roundUp = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** No ELF file, a broken one, or one that can't be read to its end. */
function isUnreadable(error: unknown): boolean {
  return error instanceof ElfError || (error as NodeJS.ErrnoException).code !== undefined;
}
