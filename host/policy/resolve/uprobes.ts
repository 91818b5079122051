/** Uprobes: functions of programs and libraries. */
import { nearestFew } from "../../suggest.js";
import type { Uprobe } from "../document/hooks.js";
import { type Place, quoted } from "../document/problem.js";
import { ElfError, type ElfFunctions, readElf } from "../kernel/elf.js";
import type { Signature } from "../kernel/signature.js";
import type { Context } from "./context.js";
import { finishHook, type ResolvedHook } from "./hook.js";
import { returning } from "./kprobes.js";

const registerArguments = 6;

interface Spot {
  readonly offset: number;
  readonly symbol?: string;
}

/** One hook for each symbol, offset and address. */
export function resolveUprobe(context: Context, text: Uprobe, place: Place): ResolvedHook[] {
  const elf = open(text, place);
  const spots = spotsOf(elf, text, place);
  if (spots.length === 0 && !text.ignore?.callNotFound) {
    place.refuse(
      text.at,
      "a uprobe needs symbols, offsets or addrs: which functions of the file to watch",
    );
  }
  return spots.map((spot) =>
    finishHook(context, signatureOf(text.path.value, spot), text, returning(text), place),
  );
}

function open({ path, symbols, symbol }: Uprobe, place: Place): ElfFunctions {
  const here = place.in("path");
  if (!path.value.startsWith("/")) {
    here.refuse(path.at, `${quoted(path.value)} must be an absolute path: /usr/bin/…`);
  }
  try {
    return readElf(path.value, symbols.length > 0 || symbol !== undefined);
  } catch (error) {
    if (error instanceof ElfError)
      return here.refuse(path.at, `${quoted(path.value)}: ${error.message}`);
    throw error;
  }
}

function spotsOf(elf: ElfFunctions, text: Uprobe, place: Place): Spot[] {
  const symbols = [...text.symbols, ...(text.symbol === undefined ? [] : [text.symbol])];
  const named = place.in("symbols").all(symbols, ({ value, at }, here): Spot[] => {
    const plus = /^(.+)\+(0x[0-9a-fA-F]+|\d+)$/.exec(value);
    const symbol = plus?.[1] ?? value;
    const offset = elf.offsetOf(symbol);
    if (offset !== undefined) return [{ offset: offset + Number(plus?.[2] ?? 0), symbol: value }];
    if (text.ignore?.callNotFound) return [];
    const near = nearestFew(symbol, elf.names, 3).map((each) => `"${each}"`);
    const hint = near.length === 0 ? "" : ` (did you mean ${near.join(" or ")}?)`;
    return here.refuse(at, `${text.path.value} has no function ${quoted(symbol)}${hint}`);
  });
  const offsets = place.in("offsets").all(text.offsets, ({ value, at }, here) => {
    if (value >= elf.size)
      here.refuse(at, `${value} lies beyond the end of the file (${elf.size} bytes)`);
    return { offset: value };
  });
  const addresses = place.in("addrs").all(text.addrs, ({ value, at }, here) => {
    const offset = elf.offsetOfAddress(value);
    return offset === undefined
      ? here.refuse(at, `0x${value.toString(16)} is no address of code in the file`)
      : { offset };
  });
  return [...named.flat(), ...offsets, ...addresses];
}

function signatureOf(path: string, { offset, symbol }: Spot): Signature {
  const functionName = symbol ?? `0x${offset.toString(16)}`;
  return {
    target: { kind: "uprobe", path, offset, ...(symbol === undefined ? {} : { symbol }) },
    functionName,
    user: true,
    noOverride: "the function of a program is not the kernel's to change",
    parameter: (index) =>
      index < registerArguments
        ? { name: `argument ${index} of ${functionName}`, source: { kind: "argument", index } }
        : `only the first ${registerArguments} arguments of a function can be read`,
    returned: { name: "the result", source: { kind: "return" } },
  };
}
