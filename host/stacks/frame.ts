/** A function on a stack, as far as it is known. */
export interface Frame {
  /** What makes two frames the same: the function and its file; without a name, the address. */
  readonly key: string;
  /** Of the function's start where that is known, else the frame's own. Signed, see `CountedStack`. */
  readonly address: number;
  /** For people: a function, or where the address lies if nobody knows the function. */
  readonly symbol: string;
  /** The file or kernel module that it is in; "" for the kernel itself, and if it is not known. */
  readonly module: string;
}

export function frameOf(address: number, symbol: string, module: string): Frame {
  const key = symbol === "" ? String(address) : `${symbol}\0${module}`;
  return { key, address, symbol, module };
}

/** Frames that stand for what is no function. */
export const noted = (symbol: string): Frame => frameOf(0, symbol, "");
