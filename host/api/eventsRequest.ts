import type { fgs, google } from "../../proto/generated/api.js";
import { compileFilter } from "../stream/filter.js";
import {
  type CapabilityFilter,
  type CapabilityMatch,
  capabilitySets,
  type FilterSpec,
  type StreamSpec,
} from "../stream/filterSpec.js";
import { toAggregation } from "./aggregationRequest.js";
import { toFieldMasks } from "./fieldFilters.js";
import { checkFieldFilterSize, checkFilterSize } from "./requestLimits.js";

/** Checks a GetEvents request. Throws `INVALID_ARGUMENT`, naming the field. */
export function toStreamSpec(request: fgs.GetEventsRequest.$Properties): StreamSpec {
  const { allow_list, deny_list, field_filters } = request;
  const allow = (allow_list ?? []).map(toFilterSpec);
  const deny = (deny_list ?? []).map(toFilterSpec);
  checkFilterSize([...allow, ...deny]);
  checkFieldFilterSize(field_filters ?? []);
  const aggregation = toAggregation(request.aggregation_options);
  const spec: StreamSpec = {
    ...{ allow, deny, fields: toFieldMasks(field_filters ?? []) },
    ...(request.plugin_accounts && { accounts: true }),
    ...(aggregation && { aggregation }),
  };
  // The worker compiles it again, for itself; here it is to tell the client what is wrong.
  compileFilter(spec);
  return spec;
}

function toFilterSpec(filter: fgs.Filter.$Properties): FilterSpec {
  return {
    binaryRegex: filter.binary_regex ?? [],
    namespace: filter.namespace ?? [],
    healthCheck: toBoolean(filter.health_check),
    pid: filter.pid ?? [],
    pidSet: filter.pid_set ?? [],
    eventSet: filter.event_set ?? [],
    podRegex: filter.pod_regex ?? [],
    argumentsRegex: filter.arguments_regex ?? [],
    labels: filter.labels ?? [],
    capabilities: toCapabilityFilter(filter.capabilities),
    parentBinaryRegex: filter.parent_binary_regex ?? [],
    parentArgumentsRegex: filter.parent_arguments_regex ?? [],
    containerId: filter.container_id ?? [],
    inInitTree: toBoolean(filter.in_init_tree),
    ancestorBinaryRegex: filter.ancestor_binary_regex ?? [],
    containerNameRegex: filter.container_name_regex ?? [],
    namespaceRegex: filter.namespace_regex ?? [],
    policyNames: filter.policy_names ?? [],
    functionNames: filter.function_names ?? [],
    celExpression: filter.cel_expression ?? [],
  };
}

function toBoolean(
  wrapper: google.protobuf.BoolValue.$Properties | null | undefined,
): boolean | undefined {
  return wrapper == null ? undefined : (wrapper.value ?? false);
}

function toCapabilityFilter(
  filter: fgs.CapFilter.$Properties | null | undefined,
): CapabilityFilter | undefined {
  if (filter == null) return undefined;
  const sets = capabilitySets.flatMap((set) => {
    const match = filter[set];
    return match == null ? [] : [[set, toCapabilityMatch(match)] as const];
  });
  return Object.fromEntries(sets);
}

function toCapabilityMatch(match: fgs.CapFilterSet.$Properties): CapabilityMatch {
  const { any, all, exactly, none } = match;
  return { any: any ?? [], all: all ?? [], exactly: exactly ?? [], none: none ?? [] };
}
