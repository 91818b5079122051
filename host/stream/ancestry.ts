import type { Process } from "../events/model.js";

/**
 * Whether a process or any of its ancestors is as `isOne` says. Each process instance is asked once:
 * neither it nor its ancestry ever changes, and a child asks again what its parent asked.
 */
export function inLine(
  isOne: (process: Process) => boolean,
): (process: Process | undefined) => boolean {
  const known = new WeakMap<Process, boolean>();
  return (process) => {
    const walked: Process[] = [];
    let found = false;
    // A loop and not a recursion: a process that execs itself forever has no end of ancestors.
    for (let one = process; one !== undefined; one = one.parent) {
      const answer = known.get(one) ?? (isOne(one) || undefined);
      if (answer === undefined) {
        walked.push(one);
        continue;
      }
      known.set(one, answer);
      found = answer;
      break;
    }
    for (const one of walked) known.set(one, found);
    return found;
  };
}
