import { toNumber } from "../../host/api/numbers.js";
import type { fgs } from "../../proto/generated/api.js";

/** What the events of the tree below a process add up to. */
export class Ledger {
  execs = 0;
  exits = 0;
  /** Ends that do not fit the execs before them. */
  unmatched = 0;
  /** Places where events' numbers do not follow one another. */
  gaps = 0;
  #sequence = 0;
  /** exec_ids that exec'd and have not ended. */
  readonly #running = new Set<string>();

  constructor(readonly rootPid: number) {}

  /** @returns whether the root has ended */
  take(event: fgs.GetEventsResponse): boolean {
    const sequence = toNumber(event.sequence);
    if (this.#sequence > 0 && sequence !== this.#sequence + 1) this.gaps++;
    this.#sequence = sequence;
    const { process_exec: exec, process_exit: exit } = event;
    if (exec?.process) this.#exec(exec.process);
    if (!exit?.process) return false;
    this.exits++;
    const { exec_id, binary, pid } = exit.process;
    const hadExec = this.#running.delete(exec_id ?? "");
    // One that never exec'd looks like who made it, under a name of its own.
    if (!hadExec && !binary?.endsWith("/mix")) this.unmatched++;
    const isLast = pid?.value === this.rootPid;
    if (isLast) this.unmatched += this.#running.size;
    return isLast;
  }

  #exec({ exec_id, parent_exec_id, flags }: fgs.Process.$Properties): void {
    this.execs++;
    const hasForked = flags?.split(" ").includes("clone") ?? false;
    if (!hasForked) this.#running.delete(parent_exec_id ?? "");
    this.#running.add(exec_id ?? "");
  }
}
