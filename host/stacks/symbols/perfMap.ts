/**
 * What a just-in-time compiler says of the code that it made: `/tmp/perf-PID.map`, a line each,
 * `START SIZE NAME`, as Node.js writes it with `--perf-basic-prof` and Java's agents do. Anybody may put a file
 * there, so it is read only if it is a plain file of the process' own user, or root's.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type FunctionSymbol, SymbolTable } from "./symbolTable.js";

const mostBytes = 64 * 1024 * 1024;
const mostNameLength = 512;

export class PerfMap {
  #table: SymbolTable | undefined;
  #version = "";

  constructor(
    private readonly path: string,
    private readonly owner: number,
  ) {}

  /** Reads the file, or what has become of it since. */
  find(address: number): FunctionSymbol | undefined {
    return this.#table?.find(address);
  }

  /** True if there is more to be found than before. */
  refresh(): boolean {
    let fd: number;
    try {
      fd = openSync(this.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch {
      // There is none, as of most processes; or the process is gone.
      return false;
    }
    try {
      return this.#read(fd);
    } catch {
      return false;
    } finally {
      closeSync(fd);
    }
  }

  #read(fd: number): boolean {
    const { size, mtimeMs, uid, isFile } = statOf(fd);
    const version = `${size} ${mtimeMs}`;
    if (version === this.#version || !isFile || (uid !== this.owner && uid !== 0)) return false;
    this.#version = version;
    const bytes = Buffer.alloc(Math.min(size, mostBytes));
    let length = 0;
    while (length < bytes.length) {
      const count = readSync(fd, bytes, length, bytes.length - length, length);
      if (count === 0) break;
      length += count;
    }
    this.#table = new SymbolTable(parsePerfMap(bytes.toString("utf8", 0, length)));
    return true;
  }
}

function statOf(fd: number) {
  const stat = fstatSync(fd);
  return { size: stat.size, mtimeMs: stat.mtimeMs, uid: stat.uid, isFile: stat.isFile() };
}

/** Memory is used again: what was written last is there now. */
export function parsePerfMap(text: string): FunctionSymbol[] {
  const symbols: FunctionSymbol[] = [];
  for (const [, start = "", size = "", name = ""] of text.matchAll(
    /^(?:0x)?([0-9a-fA-F]{1,13}) (?:0x)?([0-9a-fA-F]{1,8}) (.+)$/gm,
  )) {
    symbols.push({
      start: Number.parseInt(start, 16),
      size: Number.parseInt(size, 16),
      name: name.slice(0, mostNameLength),
    });
  }
  return symbols.reverse();
}
