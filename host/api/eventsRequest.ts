import type { fgs } from "../../proto/generated/api.js";
import { GuidestarError } from "../errors.js";
import { compileFilter } from "../stream/filter.js";
import type { FilterSpec, StreamSpec } from "../stream/filterSpec.js";
import { toNumber } from "./numbers.js";

/** Each event may be asked every filter, and patterns are compiled on the thread that serves all calls. */
const mostFilters = 1000;
const mostValues = 100_000;
const mostPatternCharacters = 64 * 1024;

/** Checks a GetEvents request. Throws `INVALID_ARGUMENT`, naming the field. */
export function toStreamSpec(request: fgs.GetEventsRequest): StreamSpec {
  const { allow_list, deny_list } = request;
  checkSize([...allow_list, ...deny_list]);
  checkAggregation(request.aggregation_options);
  const spec = { allow: allow_list.map(toFilterSpec), deny: deny_list.map(toFilterSpec) };
  // The worker compiles it again, for itself; here it is to tell the client what is wrong.
  compileFilter(spec);
  return spec;
}

function toFilterSpec(filter: fgs.Filter.$Properties): FilterSpec {
  return {
    binaryRegex: filter.binary_regex ?? [],
    namespace: filter.namespace ?? [],
    healthCheck: filter.health_check == null ? undefined : (filter.health_check.value ?? false),
    pid: filter.pid ?? [],
    pidSet: filter.pid_set ?? [],
    eventSet: filter.event_set ?? [],
  };
}

function checkSize(filters: readonly fgs.Filter.$Properties[]): void {
  if (filters.length > mostFilters) {
    throw invalid(
      `allow_list and deny_list: ${filters.length} filters; ${mostFilters} are the most`,
    );
  }
  let values = 0;
  let characters = 0;
  for (const filter of filters) {
    for (const pattern of filter.binary_regex ?? []) characters += pattern.length;
    const lists = [filter.binary_regex, filter.namespace, filter.pid, filter.pid_set];
    for (const list of [...lists, filter.event_set]) values += list?.length ?? 0;
  }
  if (values > mostValues) {
    throw invalid(`allow_list and deny_list: ${values} values; ${mostValues} are the most`);
  }
  if (characters > mostPatternCharacters) {
    throw invalid(
      `binary_regex: ${characters} characters in all patterns; ${mostPatternCharacters} are the most`,
    );
  }
}

/** Nothing is aggregated: the options are checked, and every event passes as it is. */
function checkAggregation(options: fgs.AggregationOptions.$Properties | null | undefined): void {
  const window = options?.window_size;
  if (window == null) return;
  const seconds = toNumber(window.seconds);
  const nanos = window.nanos ?? 0;
  const place = "aggregation_options.window_size";
  if (Math.abs(nanos) > 999_999_999 || seconds * nanos < 0) {
    throw invalid(`${place}: ${seconds} s and ${nanos} ns make no duration`);
  }
  if (seconds < 0 || nanos < 0) throw invalid(`${place}: a window cannot be negative`);
}

function invalid(message: string): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", message);
}
