/**
 * What a conformance case is: a small workload, and exactly the events that it must cause.
 *
 * Processes go by labels. A label stands for one process instance: the same exec_id wherever it
 * occurs, and no other. `A` is what the case runs; `A.2` is `A` after one more exec, so it has the
 * same pid; `B` is another process. `stage` is what starts the cases.
 *
 * In texts `@` stands for the case's own folder, in which it runs, and `%A` for the pid of `A`.
 */
import { fileURLToPath } from "node:url";

/** What a process is expected to look like. What is left out is as the comment says. */
export interface ProcessFields {
  /** Default: of `A`, what the case runs; of others, there is none. */
  readonly binary?: string;
  /** Default: of `A` and of `A.2`, the rest of the command line; else "". */
  readonly arguments?: string;
  /** Default: the case's folder. */
  readonly cwd?: string;
  /** Default: `execve clone`, or `execve` if the process exec'd before. */
  readonly flags?: string;
  /** Default: of `A`, `stage`; of `X.2`, `X`; of others, `A`. */
  readonly parent?: string;
  readonly uid?: number;
  readonly auid?: number;
  readonly docker?: string;
  /** Default: holds what the stage holds. A list: numbers of the effective ones. */
  readonly capabilities?: readonly number[] | "any";
  /** Namespaces that are not the stage's. Default: none. */
  readonly foreign?: readonly string[];
}

interface EventFields {
  /** Looks at the event by itself, for what has no field above. */
  readonly also?: (event: SeenEvent, seen: Seen) => void;
}

export type Expected =
  | ({ readonly exec: string } & ProcessFields & EventFields)
  /** Of a process that exec'd: shows the process as its exec did. Else its creator's fields. */
  | ({ readonly exit: string; readonly status?: number; readonly signal?: string } & ProcessFields &
      EventFields);

/** A process as it came over the wire, by the names of the API. */
export type WireProcess = Readonly<Record<string, unknown>> & {
  readonly exec_id: string;
  readonly pid: { readonly value?: number };
  readonly parent_exec_id?: string;
};

export interface SeenEvent {
  readonly type: "exec" | "exit";
  readonly process: WireProcess;
  readonly parent: WireProcess | undefined;
  readonly ancestors: readonly WireProcess[];
  readonly status: number;
  readonly signal: string;
  /** Wall clock, ns. */
  readonly timeNs: bigint;
}

/** What a case has shown so far. */
export interface Seen {
  /** The newest event's view of the process with that label. */
  process(label: string): WireProcess;
}

export interface Case {
  /** A sentence about behaviour. */
  readonly name: string;
  /** A program and its arguments; `@` stands for the case's folder. */
  readonly run: readonly string[];
  readonly events: readonly Expected[];
  /** Makes files that the case needs. */
  readonly prepare?: (folder: string) => void;
  /** Relative to the case's folder. */
  readonly cwd?: string;
  /** The order of events is up to the scheduler. */
  readonly anyOrder?: boolean;
  /** Only where nobody is disturbed: it changes the system. */
  readonly guestOnly?: boolean;
}

const workload = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Does nothing; exits with $NOP_STATUS. */
export const nop = workload("bpf/core/workloads/nop");
/** Does what its arguments say; see `workloads/act.c`. */
export const act = workload("conformance/workloads/act");
export const stage = workload("conformance/workloads/stage");
