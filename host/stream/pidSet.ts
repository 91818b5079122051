import type { Process } from "../events/model.js";
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
  // Ancestry never changes, and a child asks again what its parent asked.
  const known = new WeakMap<Process, boolean>();
  const isInside = (process: Process | undefined): boolean => {
    const walked: Process[] = [];
    let inside = false;
    // A loop and not a recursion: a process that execs itself forever has no end of ancestors.
    for (let one = process; one !== undefined; one = one.parent) {
      const answer = set.has(one.pid) || known.get(one);
      if (answer === undefined) {
        walked.push(one);
        continue;
      }
      inside = answer;
      break;
    }
    for (const one of walked) known.set(one, inside);
    return inside;
  };
  return ({ process, parent }) => isInside(process) || isInside(parent);
}
