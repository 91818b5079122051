/**
 * Values that filters compare with, in the maps that all hooks share: each filter has a set of its
 * own, by a number that is never used twice.
 */
import { BpfError, type Btf } from "../../../../bpf/libbpf/index.js";
import { GuidestarError } from "../../../errors.js";
import type { RawMap } from "../../../source/rawMap.js";
import { StructWriter } from "../../../source/structWriter.js";
import { addressBlocks, type Block, rangeBlocks } from "./blocks.js";

export type TextMatch = "equal" | "prefix" | "postfix";

export interface FilterMaps {
  readonly numbers: RawMap;
  readonly blocks: RawMap;
  readonly texts: RawMap;
  readonly shortTexts: RawMap;
  readonly prefixes: RawMap;
}

/** As in `text.h`: bytes of the longest text that can be compared with. */
export const longestText = { equal: 256, prefix: 248, postfix: 128 } as const;
const longestShort = 56;

/** As `GS_SET_FIRST_FREE`: those below are the base programs'. */
let nextSet = 16;

/** The sets of one hook. */
export class FilterSets {
  readonly #entries: { readonly map: RawMap; readonly key: Uint8Array }[] = [];

  constructor(
    readonly btf: Btf,
    readonly maps: FilterMaps,
  ) {}

  /** Each returns the number of the set. Throws `RESOURCE_EXHAUSTED` when a map is full. */
  numbers(values: readonly bigint[]): number {
    const set = nextSet++;
    for (const value of values) {
      const key = this.#key("gs_number_key", { set, value: BigInt.asUintN(64, value) });
      this.#add(this.maps.numbers, key);
    }
    return set;
  }

  ranges(ranges: readonly (readonly [bigint, bigint])[], isSigned: boolean): number {
    return this.#blocks(ranges.flatMap(([from, to]) => rangeBlocks(from, to, isSigned)));
  }

  networks(networks: readonly { readonly address: Uint8Array; readonly bits: number }[]): number {
    return this.#blocks(networks.map(addressBlocks));
  }

  /** Texts longer than `longestText` are refused before. */
  texts(match: TextMatch, values: readonly Uint8Array[]): number {
    const set = nextSet++;
    for (const text of values) {
      const [map, key] = textKey(this.btf, this.maps, set, match, text);
      this.#add(map, key);
    }
    return set;
  }

  /** Takes all of it out of the maps. */
  close(): void {
    for (const { map, key } of this.#entries.splice(0)) map.delete(key);
  }

  #blocks(blocks: readonly Block[]): number {
    const set = nextSet++;
    for (const { bits, family, value } of blocks) {
      const fields = { bits: blockHead + bits, set, family };
      const key = this.#key("gs_block_key", fields, { value });
      this.#add(this.maps.blocks, key);
    }
    return set;
  }

  #key(
    struct: string,
    fields: Readonly<Record<string, number | bigint>>,
    bytes: Readonly<Record<string, Uint8Array>> = {},
  ): Uint8Array {
    return writeKey(this.btf, struct, fields, bytes);
  }

  #add(map: RawMap, key: Uint8Array): void {
    updateOrFull(map, key, new Uint8Array(map.valueSize));
    this.#entries.push({ map, key });
  }
}

/** Key bits ahead of the value, or of the text. */
const blockHead = 64;
const prefixHead = 32;

/** Which map has such a text, and by what key. */
export function textKey(
  btf: Btf,
  maps: Pick<FilterMaps, "texts" | "shortTexts" | "prefixes">,
  set: number,
  match: TextMatch,
  text: Uint8Array,
): readonly [RawMap, Uint8Array] {
  if (match === "equal") {
    const isShort = text.length <= longestShort;
    const struct = isShort ? "gs_short_key" : "gs_text_key";
    const key = writeKey(btf, struct, { set, size: text.length }, { text });
    return [isShort ? maps.shortTexts : maps.texts, key];
  }
  const directed = match === "prefix" ? text : Uint8Array.from(text).reverse();
  const fields = { bits: prefixHead + 8 * text.length, set };
  return [maps.prefixes, writeKey(btf, "gs_prefix_key", fields, { text: directed })];
}

export function writeKey(
  btf: Btf,
  struct: string,
  fields: Readonly<Record<string, number | bigint>>,
  bytes: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array {
  const { size, members } = btf.struct(struct);
  const key = new Uint8Array(size);
  const writer = new StructWriter(key, { size, fields: members }, struct);
  for (const [name, value] of Object.entries(fields)) writer.set(name, value);
  for (const [name, value] of Object.entries(bytes)) writer.setBytes(name, value);
  return key;
}

export function updateOrFull(map: RawMap, key: Uint8Array, value: Uint8Array): void {
  try {
    map.update(key, value);
  } catch (error) {
    if (!(error instanceof BpfError && full.has(error.code))) throw error;
    throw new GuidestarError(
      "RESOURCE_EXHAUSTED",
      `The kernel has no room for more values of filters (map ${map.name}, ${map.maxEntries}): remove a policy first.`,
      { cause: error },
    );
  }
}

const full = new Set(["E2BIG", "ENOMEM", "ENOSPC"]);
