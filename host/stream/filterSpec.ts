import type { PluginSetup } from "../plugins/prepared.js";
import type { AggregationSpec } from "./aggregation/spec.js";
import type { FieldMasks } from "./fieldMask.js";

/**
 * A filter as plain data (`fgs.Filter` with its defaults resolved), so that it can cross threads. An
 * empty list and undefined ask for nothing.
 */
export interface FilterSpec {
  readonly binaryRegex: readonly string[];
  readonly namespace: readonly string[];
  readonly healthCheck: boolean | undefined;
  readonly pid: readonly number[];
  readonly pidSet: readonly number[];
  readonly eventSet: readonly number[];
  readonly podRegex: readonly string[];
  readonly argumentsRegex: readonly string[];
  /** Kubernetes label selectors. */
  readonly labels: readonly string[];
  readonly capabilities: CapabilityFilter | undefined;
  readonly parentBinaryRegex: readonly string[];
  readonly parentArgumentsRegex: readonly string[];
  readonly containerId: readonly string[];
  readonly inInitTree: boolean | undefined;
  readonly ancestorBinaryRegex: readonly string[];
  readonly namespaceRegex: readonly string[];
  readonly containerNameRegex: readonly string[];
  /** Of events that a policy asked for. */
  readonly policyNames: readonly string[];
  readonly functionNames: readonly string[];
  /** In the Common Expression Language, about the event's message. */
  readonly celExpression: readonly string[];
}

export const capabilitySets = ["permitted", "effective", "inheritable"] as const;

/** What the sets of a process must be; a set that is missing may be anything. */
export type CapabilityFilter = {
  readonly [set in (typeof capabilitySets)[number]]?: CapabilityMatch | undefined;
};

export const capabilityMatches = ["any", "all", "exactly", "none"] as const;

/** Numbers of capabilities. All lists that are not empty must match. */
export type CapabilityMatch = {
  readonly [match in (typeof capabilityMatches)[number]]: readonly number[];
};

/** What a GetEvents call asks for: events that any allow filter passes (none: all) less those that any deny filter matches. */
export interface StreamSpec {
  readonly allow: readonly FilterSpec[];
  readonly deny: readonly FilterSpec[];
  /** What of an event is sent; undefined: all of it. */
  readonly fields?: FieldMasks | undefined;
  /** Plugins of this stream alone; each instance has a number that no other stream has. */
  readonly plugins?: readonly PluginSetup[] | undefined;
  /** Send what plugins did, too. */
  readonly accounts?: boolean | undefined;
  /** Send one event for many that are alike; undefined: each event. */
  readonly aggregation?: AggregationSpec | undefined;
}

/** Matches every event. */
export const emptyFilter: FilterSpec = {
  binaryRegex: [],
  namespace: [],
  healthCheck: undefined,
  pid: [],
  pidSet: [],
  eventSet: [],
  podRegex: [],
  argumentsRegex: [],
  labels: [],
  capabilities: undefined,
  parentBinaryRegex: [],
  parentArgumentsRegex: [],
  containerId: [],
  inInitTree: undefined,
  ancestorBinaryRegex: [],
  namespaceRegex: [],
  containerNameRegex: [],
  policyNames: [],
  functionNames: [],
  celExpression: [],
};
