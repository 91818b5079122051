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
      isWanted = hook.names.some((name) => wanted.has(name));
      known.set(hook, isWanted);
    }
    return isWanted;
  };
}
