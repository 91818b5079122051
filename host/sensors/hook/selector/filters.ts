/** `struct gs_filter`, and what can be said with it. */
import { GuidestarError } from "../../../errors.js";
import { type FilterSets, longestText, type TextMatch } from "./filterSets.js";

export interface FilterConfig {
  readonly test: number;
  readonly negated: number;
  readonly position: number;
  readonly stage: number;
  readonly part: number;
  readonly is_signed: number;
  readonly count: number;
  readonly mark: number;
  readonly is_namespaced: number;
  readonly is_fd: number;
  readonly pad: readonly number[];
  readonly set: number;
  readonly value: readonly bigint[];
}

/** As in `selector/config.h`; a test holds them against the object's BTF. */
export const tests = {
  oneOf: 1,
  greater: 2,
  less: 3,
  mask: 4,
  range: 5,
  equal: 6,
  prefix: 7,
  postfix: 8,
  address: 9,
  gained: 10,
} as const;
export const parts = {
  whole: 0,
  source: 1,
  destination: 2,
  protocol: 3,
  family: 4,
  state: 5,
  fileType: 6,
} as const;
export const stages = { numbers: 0, copied: 1, returned: 2 } as const;
export const noMark = 0xff;
const mostValues = 8;

export const emptyFilter: FilterConfig = {
  ...{ test: 0, negated: 0, position: 0, stage: 0, part: 0, is_signed: 0, count: 0 },
  ...{ mark: noMark, is_namespaced: 0, is_fd: 0, pad: [0, 0], set: 0 },
  value: new Array<bigint>(mostValues).fill(0n),
};

type Values = Pick<FilterConfig, "test" | "count" | "set" | "value">;

const inline = (test: number, values: readonly bigint[]): Values => ({
  test,
  count: values.length,
  set: 0,
  value: Array.from({ length: mostValues }, (_, i) => BigInt.asUintN(64, values[i] ?? 0n)),
});

const inMap = (test: number, set: number): Values => ({ ...inline(test, []), set });

export function oneOf(sets: FilterSets, values: readonly bigint[]): Values {
  const isInline = values.length >= 1 && values.length <= mostValues;
  return isInline ? inline(tests.oneOf, values) : inMap(tests.oneOf, sets.numbers(values));
}

export const single = (test: number, value: bigint): Values => inline(test, [value]);

export function ranges(
  sets: FilterSets,
  all: readonly (readonly [bigint, bigint])[],
  isSigned: boolean,
): Values {
  if (all.length >= 1 && 2 * all.length <= mostValues) return inline(tests.range, all.flat());
  return inMap(tests.range, sets.ranges(all, isSigned));
}

export const networks = (
  sets: FilterSets,
  all: readonly { readonly address: Uint8Array; readonly bits: number }[],
): Values => inMap(tests.address, sets.networks(all));

/** Throws `INVALID_ARGUMENT` for a text that is too long. `where` names hook and filter. */
export function texts(
  sets: FilterSets,
  match: TextMatch,
  values: readonly Uint8Array[],
  where: string,
): Values {
  checkTexts(match, values, where);
  return inMap(tests[match], sets.texts(match, values));
}

export function checkTexts(match: TextMatch, values: readonly Uint8Array[], where: string): void {
  const longest = longestText[match];
  const tooLong = values.find((each) => each.length > longest);
  if (tooLong === undefined) return;
  const start = new TextDecoder().decode(tooLong.subarray(0, 40));
  throw new GuidestarError(
    "INVALID_ARGUMENT",
    `${where}: "${start}…" has ${tooLong.length} bytes; at most ${longest} can be compared (${match}).`,
  );
}
