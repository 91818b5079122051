/** How much one GetEvents request may ask: it is compiled on the thread that serves all calls. */
import type { fgs } from "../../proto/generated/api.js";
import { GuidestarError } from "../errors.js";
import { snakeCase, textFields } from "../stream/filter.js";
import { capabilityMatches, capabilitySets, type FilterSpec } from "../stream/filterSpec.js";

/** Each event may be asked every filter. */
const mostFilters = 1000;
const mostValues = 100_000;
/** Of patterns and the like, which take memory of their own. */
const mostPatternCharacters = 64 * 1024;
const mostFieldFilters = 100;
const mostPaths = 1000;
const mostPathCharacters = 500;

/** Throws `INVALID_ARGUMENT`. */
export function checkFilterSize(filters: readonly FilterSpec[]): void {
  const place = "allow_list and deny_list";
  check(filters.length, mostFilters, (count) => `${place}: ${count} filters`);
  const values = sumOf(filters, countValues);
  check(values, mostValues, (count) => `${place}: ${count} values`);
  const sizes = textFields
    .map((name) => [name, sumOf(filters, (filter) => textLength(filter[name]))] as const)
    .filter(([, size]) => size > 0);
  const names = sizes.map(([name]) => snakeCase(name)).join(", ");
  const characters = sumOf(sizes, ([, size]) => size);
  check(
    characters,
    mostPatternCharacters,
    (count) => `${names}: ${count} characters in all patterns`,
  );
}

/** Throws `INVALID_ARGUMENT`. */
export function checkFieldFilterSize(filters: readonly fgs.FieldFilter.$Properties[]): void {
  const place = "field_filters";
  check(filters.length, mostFieldFilters, (count) => `${place}: ${count} filters`);
  const paths = filters.flatMap(({ fields }) => fields?.paths ?? []);
  const values = paths.length + sumOf(filters, ({ event_set }) => event_set?.length ?? 0);
  check(values, mostPaths, (count) => `${place}: ${count} paths and event types`);
  const longest = Math.max(0, ...paths.map((path) => path.length));
  check(longest, mostPathCharacters, (count) => `${place}: a path of ${count} characters`);
}

function countValues(filter: FilterSpec): number {
  const lists = Object.values(filter).filter((value) => Array.isArray(value));
  const capabilities = capabilitySets.flatMap((set) =>
    capabilityMatches.map((match) => filter.capabilities?.[set]?.[match] ?? []),
  );
  return sumOf([...lists, ...capabilities], (list) => list.length);
}

function textLength(texts: readonly string[]): number {
  return sumOf(texts, (text) => text.length);
}

function sumOf<T>(list: readonly T[], size: (one: T) => number): number {
  return list.reduce((sum, one) => sum + size(one), 0);
}

function check(count: number, most: number, text: (count: number) => string): void {
  if (count <= most) return;
  throw new GuidestarError("INVALID_ARGUMENT", `${text(count)}; ${most} are the most`);
}
