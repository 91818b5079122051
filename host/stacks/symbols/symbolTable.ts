/** Functions by address. */

export interface FunctionSymbol {
  readonly start: number;
  /** 0: not known, it ends where the next one begins. */
  readonly size: number;
  readonly name: string;
}

export class SymbolTable {
  readonly #starts: Float64Array;
  readonly #symbols: readonly FunctionSymbol[];

  /** In any order. Of several at the same address the first one that is given names it. */
  constructor(symbols: readonly FunctionSymbol[]) {
    const sorted = symbols.toSorted((a, b) => a.start - b.start);
    this.#symbols = sorted.filter((each, i) => i === 0 || sorted[i - 1]?.start !== each.start);
    this.#starts = Float64Array.from(this.#symbols, ({ start }) => start);
  }

  get size(): number {
    return this.#symbols.length;
  }

  /** The function that has this address in it. */
  find(address: number): FunctionSymbol | undefined {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) <= address) low = middle + 1;
      else high = middle;
    }
    const found = this.#symbols[low - 1];
    if (found === undefined) return undefined;
    return found.size === 0 || address < found.start + found.size ? found : undefined;
  }
}
