/** What selectors ask of the process, as the hook programs want it. */
import type {
  BinaryFilter,
  CapabilityFilter,
  NamespaceChangeFilter,
  NamespaceFilter,
  PidFilter,
} from "../../../policy/hookSpec.js";
import type { FilterSets } from "./filterSets.js";
import { checkTexts, emptyFilter, type FilterConfig, oneOf, texts } from "./filters.js";
import type { MarkLease } from "./marks.js";

export interface FilterTools {
  readonly sets: FilterSets;
  readonly marks: MarkLease;
}

export function pidFilter(filter: PidFilter, { sets, marks }: FilterTools): FilterConfig {
  const common = {
    ...emptyFilter,
    negated: Number(filter.negated),
    is_namespaced: Number(filter.namespaced),
  };
  if (filter.followForks) return { ...common, mark: marks.ofPids(filter) };
  return { ...common, ...oneOf(sets, filter.values.map(BigInt)) };
}

export function binaryFilter(
  filter: BinaryFilter,
  { sets, marks }: FilterTools,
  where: string,
): FilterConfig {
  const values = filter.values.map((each) => new TextEncoder().encode(each));
  const common = { ...emptyFilter, negated: Number(filter.negated) };
  checkTexts(filter.match, values, where);
  if (filter.followChildren) return { ...common, mark: marks.ofBinaries(filter.match, values) };
  return { ...common, ...texts(sets, filter.match, values, where) };
}

export function namespaceFilter(filter: NamespaceFilter, { sets }: FilterTools): FilterConfig {
  return {
    ...emptyFilter,
    ...oneOf(sets, filter.values.map(BigInt)),
    negated: Number(filter.negated),
    position: filter.namespace,
  };
}

export const namespaceChange = (filter: NamespaceChangeFilter) => ({
  mask: filter.namespaces.reduce((mask, each) => mask | (1 << each), 0) >>> 0,
  negated: Number(filter.negated),
});

export const capabilitySets = { effective: 0, inheritable: 1, permitted: 2 } as const;

export const capabilityFilter = (filter: CapabilityFilter) => ({
  mask: BigInt.asUintN(64, filter.mask),
  set: capabilitySets[filter.set],
  negated: Number(filter.negated),
  is_namespaced: Number(filter.namespaced),
  pad: [0, 0, 0, 0, 0],
});
