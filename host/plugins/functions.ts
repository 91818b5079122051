import type { Hook } from "../events/hook/hook.js";
import type { PreparedPlugin } from "./prepared.js";

/** Whether a plugin is given the calls of a hook. */
export function functionTest({
  functions,
}: Pick<PreparedPlugin, "functions">): (hook: Hook) => boolean {
  if (functions === undefined) return () => true;
  const wanted = new Set(functions);
  // There are few hooks and many calls of each.
  const known = new WeakMap<Hook, boolean>();
  return (hook) => {
    let isWanted = known.get(hook);
    if (isWanted === undefined) {
      isWanted = hook.names.some((name) => wanted.has(name));
      known.set(hook, isWanted);
    }
    return isWanted;
  };
}
