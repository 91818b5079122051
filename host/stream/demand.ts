/** How much of a hook's events a stream can ever get, told from its filters alone. */
import type { Hook } from "../events/hook/hook.js";
import type { HookEvent } from "../events/model.js";
import { compileFilter } from "./filter.js";
import { emptyFilter, type FilterSpec, type StreamSpec } from "./filterSpec.js";

/**
 * `none`: nothing, whatever comes. `byProcess`: which of them is decided by what a process is from its
 * exec to its end, so that what holds for one of its calls holds for all. `any`: each may be wanted.
 */
export type Demand = "none" | "byProcess" | "any";

export function demandOf(
  { allow, deny }: Pick<StreamSpec, "allow" | "deny">,
  hook: Hook,
  type: number,
): Demand {
  const about = (filter: FilterSpec) => concerns(filter, hook, type);
  const denying = deny.filter(about);
  if (denying.some(asksNothingElse)) return "none";
  const allowing = allow.length === 0 ? [emptyFilter] : allow.filter(about);
  if (allowing.length === 0) return "none";
  const all = [...allowing, ...denying];
  if (!all.every(asksOfProcess)) return "any";
  return denying.length === 0 && allowing.some(asksNothingElse) ? "any" : "byProcess";
}

/** What a filter asks of the hook, whoever makes the call. */
const ofHook = ["eventSet", "policyNames", "functionNames"] as const;

/** What it asks of the process, and what never changes of one. */
const ofProcess = ["pid", "binaryRegex", "argumentsRegex", "capabilities"] as const;
/** The same, once its pod is known. */
const ofPod = ["namespace", "namespaceRegex", "podRegex", "containerNameRegex"] as const;

/** Whether the filter can match an event of the hook. */
function concerns(filter: FilterSpec, hook: Hook, type: number): boolean {
  const { eventSet, policyNames, functionNames } = filter;
  const part = { ...emptyFilter, eventSet, policyNames, functionNames };
  // Of an event these ask nothing but its type and its hook.
  const event = { type, hook } as unknown as HookEvent;
  return compileFilter({ allow: [part], deny: [] })(event);
}

const asksNothingElse = (filter: FilterSpec): boolean => asksOnly(filter, ofHook);
const asksOfProcess = (filter: FilterSpec): boolean =>
  asksOnly(filter, [...ofHook, ...ofProcess, ...ofPod]);

/** A field that is not known here is one that it asks. */
function asksOnly(filter: FilterSpec, fields: readonly string[]): boolean {
  return Object.entries(filter).every(
    ([field, value]) =>
      fields.includes(field) || value === undefined || (Array.isArray(value) && value.length === 0),
  );
}

/** Whether all is known of the event's process that filters by process ask. */
export function isSettled({ process }: Pick<HookEvent, "process">): boolean {
  if (process === undefined || process.uid === undefined) return false;
  return process.containerId === "" || process.pod !== undefined;
}
