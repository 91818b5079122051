import { inLine } from "./ancestry.js";
import type { EventTest } from "./filter.js";

/**
 * Matches events of processes that have one of the pids, and of all their descendants.
 *
 * A pid of the set means whoever bears that number. A descendant is found by the chain of process
 * instances, not by pids: it stays one after its ancestor is gone and the ancestor's pid belongs
 * to a stranger, and the stranger's children are judged by the stranger.
 */
export function inPidSet(pids: readonly number[]): EventTest {
  const set = new Set(pids);
  const isInside = inLine(({ pid }) => set.has(pid));
  return ({ process, parent }) => isInside(process) || isInside(parent);
}
