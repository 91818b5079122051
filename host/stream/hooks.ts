/** Filters of what policies asked for. */
import { isHookEvent } from "../events/model.js";
import type { EventTest } from "./filter.js";

/** The policy has one of these names. */
export function byPolicies(names: readonly string[]): EventTest {
  const wanted = new Set(names);
  return (event) => isHookEvent(event) && wanted.has(event.hook.description.policy);
}

/** One of these was called, under any of the names that it goes by. */
export function byFunctions(names: readonly string[]): EventTest {
  const wanted = new Set(names);
  // There are few hooks and many events of each.
  const known = new WeakMap<object, boolean>();
  return (event) => {
    if (!isHookEvent(event)) return false;
    const { hook } = event;
    let isWanted = known.get(hook);
    if (isWanted === undefined) {
      isWanted = namesOf(hook.description).some((name) => wanted.has(name));
      known.set(hook, isWanted);
    }
    return isWanted;
  };
}

/** `__x64_sys_write` is also `sys_write` and `write`; `sched/sched_switch` also `sched_switch`. */
function namesOf(hook: { readonly functionName: string; readonly subsystem?: string }): string[] {
  const { functionName, subsystem } = hook;
  const names = [functionName];
  if (subsystem !== undefined) names.push(`${subsystem}/${functionName}`);
  const call = /^(?:__[a-z0-9]+_)?sys_(\w+)$/.exec(functionName)?.[1];
  if (call !== undefined && subsystem === undefined) names.push(`sys_${call}`, call);
  return names;
}
