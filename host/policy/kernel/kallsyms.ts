/** Functions that the kernel and its modules have, those too that BTF does not describe. */
import { readFileSync } from "node:fs";
import type { Unknown } from "./facts.js";

/** Name → module, or undefined for the kernel itself. Addresses are not looked at: they are hidden from most. */
export type Symbols = ReadonlyMap<string, string | undefined>;

export function readSymbols(path = "/proc/kallsyms"): Symbols | Unknown {
  let text: string;
  try {
    text = readFileSync(path, "latin1");
  } catch (error) {
    return { unknown: `${path} cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
  const symbols = new Map<string, string | undefined>();
  for (const [, name = "", module] of text.matchAll(
    /^[0-9a-f]+ [tTwW] (\S+)(?:\s+\[(\S+)\])?$/gm,
  )) {
    // Programs of eBPF are listed as if they were a module.
    if (module === "bpf" || symbols.has(name)) continue;
    symbols.set(name, module);
  }
  return symbols.size > 0 ? symbols : { unknown: `${path} is empty: the kernel hides its symbols` };
}
