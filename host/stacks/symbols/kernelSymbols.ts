/** Functions of the kernel, its modules and its eBPF programs, as /proc/kallsyms lists them. */
import { readFileSync } from "node:fs";
import { type Frame, frameOf } from "../frame.js";
import { type FunctionSymbol, SymbolTable } from "./symbolTable.js";

interface KernelSymbol extends FunctionSymbol {
  readonly module: string;
}

/** What is read again is what came since: modules, programs. */
const readAgainMs = 10_000;
/** An address so far behind the nearest function is hardly in it. */
const farBytes = 1 << 20;
const mostRemembered = 65_536;

export class KernelSymbols {
  readonly #path: string;
  readonly #frames = new Map<number, Frame>();
  #table: SymbolTable | undefined;
  #modules = new Map<FunctionSymbol, string>();
  #readAt = 0;

  constructor(path = "/proc/kallsyms") {
    this.#path = path;
  }

  /** `isReturn`: where a call returns to, which may be behind the end of a function that never does. */
  frame(address: number, isReturn: boolean): Frame {
    const place = isReturn ? address - 1 : address;
    const known = this.#frames.get(place);
    if (known !== undefined) return known;
    const frame = this.#find(place) ?? frameOf(address, "", "");
    if (this.#frames.size >= mostRemembered) this.#frames.clear();
    this.#frames.set(place, frame);
    return frame;
  }

  #find(address: number): Frame | undefined {
    this.#table ??= this.#read();
    let found = this.#table.find(address);
    if (isFar(found, address) && performance.now() - this.#readAt > readAgainMs) {
      this.#table = this.#read();
      this.#frames.clear();
      found = this.#table.find(address);
    }
    if (found === undefined || isFar(found, address)) return undefined;
    return frameOf(found.start, found.name, this.#modules.get(found) ?? "");
  }

  #read(): SymbolTable {
    this.#readAt = performance.now();
    const symbols = parseKallsyms(readFileSync(this.#path, "latin1"));
    this.#modules = new Map(
      symbols.filter(({ module }) => module !== "").map((each) => [each, each.module]),
    );
    return new SymbolTable(symbols);
  }
}

const isFar = (found: FunctionSymbol | undefined, address: number): boolean =>
  found === undefined || address - found.start > farBytes;

/** Code only. A kernel that hides its addresses has none: all of them are 0. */
export function parseKallsyms(text: string): KernelSymbol[] {
  const symbols: KernelSymbol[] = [];
  for (const [, address = "", name = "", module = ""] of text.matchAll(
    /^([0-9a-f]{16}) [tTwW] (\S+)(?:\s+\[(\S+)\])?$/gm,
  )) {
    const start = signedAddress(address);
    if (start !== 0) symbols.push({ start, size: 0, name, module });
  }
  return symbols;
}

/** 16 hexadecimal digits. */
export const signedAddress = (digits: string): number =>
  (Number.parseInt(digits.slice(0, 8), 16) | 0) * 0x1_0000_0000 +
  Number.parseInt(digits.slice(8), 16);
