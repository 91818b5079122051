/** Holds what came against what a case expects. */
import assert from "node:assert/strict";
import type { Case, Expected, ProcessFields, Seen, SeenEvent, WireProcess } from "./case.js";

export interface Context {
  readonly nodeName: string;
  /** The case's folder, and the one in which it ran. */
  readonly folder: string;
  readonly cwd: string;
  /** Pid of the case's first process. */
  readonly pid: number;
  readonly stage: WireProcess;
  /** exec_ids of what is above the stage, nearest first. */
  readonly aboveStage: readonly string[];
}

/** Throws an assertion error that tells expected and actual. */
export function matchCase(oneCase: Case, events: readonly SeenEvent[], context: Context): void {
  const { events: expected, anyOrder = false } = oneCase;
  assert.deepEqual(
    events.map(titleOf),
    anyOrder && events.length === expected.length ? events.map(titleOf) : expected.map(titleIn),
    "the events, one by one",
  );
  const state = new State(oneCase, context);
  if (anyOrder) matchAnyOrder(expected, events, state);
  else for (const [i, each] of expected.entries()) state.check(each, events[i] as SeenEvent);

  function titleIn(each: Expected): string {
    if ("exit" in each) return `exit ${endOf(each.status ?? 0, each.signal ?? "")}`;
    return `exec ${binaryOf(oneCase, each, each.exec, context)}`;
  }
}

const titleOf = (event: SeenEvent): string =>
  event.type === "exec"
    ? `exec ${String(event.process.binary ?? "")}`
    : `exit ${endOf(event.status, event.signal)}`;

const endOf = (status: number, signal: string) => (signal === "" ? String(status) : signal);

/** Tries orders until one fits; the error is that of the try which came farthest. */
function matchAnyOrder(
  expected: readonly Expected[],
  events: readonly SeenEvent[],
  state: State,
): void {
  let farthest = -1;
  let error: unknown;
  const fits = (at: number, left: readonly SeenEvent[], soFar: State): boolean => {
    const next = expected[at];
    if (next === undefined) return true;
    for (const event of left) {
      const then = soFar.copy();
      try {
        then.check(next, event);
      } catch (thrown) {
        if (at > farthest) [farthest, error] = [at, thrown];
        continue;
      }
      const others = left.filter((each) => each !== event);
      if (fits(at + 1, others, then)) return true;
    }
    return false;
  };
  if (!fits(0, events, state)) throw error;
}

const baseOf = (label: string): string => label.split(".")[0] as string;

/** Which processes the labels stand for so far. */
class State implements Seen {
  readonly #processes = new Map<string, WireProcess>();
  readonly #parents = new Map<string, string>();
  readonly #pids = new Map<string, number>();
  /** The case says nothing of what few processes have. */
  #isPlain = true;

  constructor(
    readonly oneCase: Case,
    readonly context: Context,
  ) {
    this.#processes.set("stage", context.stage);
    this.#pids.set("A", context.pid);
  }

  copy(): State {
    const copy = new State(this.oneCase, this.context);
    for (const [label, process] of this.#processes) copy.#processes.set(label, process);
    for (const [label, parent] of this.#parents) copy.#parents.set(label, parent);
    for (const [label, pid] of this.#pids) copy.#pids.set(label, pid);
    return copy;
  }

  process(label: string): WireProcess {
    const process = this.#processes.get(label);
    assert.ok(process, `no event has shown process ${label}`);
    return process;
  }

  check(expected: Expected, event: SeenEvent): void {
    const label = "exec" in expected ? expected.exec : expected.exit;
    const known = this.#processes.get(label);
    const { process } = event;
    this.#checkName(label, known, process);
    const parentLabel = this.#parents.get(label) ?? parentOf(label, expected.parent);
    this.#checkParent(label, parentLabel, event);
    if ("exec" in expected) {
      assert.equal(event.type, "exec");
      assert.equal(known, undefined, `${label} execs twice: call it ${label}.2`);
      this.#isPlain = expected.also === undefined;
      const fields = expectedFields(this.oneCase, expected, label, this.context);
      this.#checkFields(label, process, fields);
    } else {
      assert.equal(event.type, "exit");
      const { status = 0, signal = "" } = expected;
      assert.deepEqual({ status: event.status, signal: event.signal }, { status, signal });
      if (known) assert.deepEqual(lasting(process), lasting(known), `${label} as it was before`);
      else this.#checkForked(label, parentLabel, process, expected);
    }
    this.#processes.set(label, process);
    this.#parents.set(label, parentLabel);
    expected.also?.(event, this);
  }

  #checkName(label: string, known: WireProcess | undefined, process: WireProcess): void {
    const pid = process.pid.value ?? 0;
    if (known) assert.equal(process.exec_id, known.exec_id, `exec_id of ${label}`);
    else
      for (const [other, { exec_id }] of this.#processes)
        assert.notEqual(process.exec_id, exec_id, `${label} and ${other} are not the same`);
    const name = Buffer.from(process.exec_id, "base64").toString();
    assert.match(name, new RegExp(`^${this.context.nodeName}:\\d+:${pid}$`));
    const expectedPid = this.#pids.get(baseOf(label)) ?? pid;
    assert.equal(pid, expectedPid, `pid of ${label}`);
    this.#pids.set(baseOf(label), pid);
  }

  #checkParent(
    label: string,
    parentLabel: string,
    { process, parent, ancestors }: SeenEvent,
  ): void {
    assert.ok(parent, `an event of ${label} has its parent`);
    // The first to be heard of one that never execs may be the end of its child.
    if (!this.#processes.has(parentLabel)) {
      this.#checkName(parentLabel, undefined, parent);
      this.#processes.set(parentLabel, parent);
      this.#parents.set(parentLabel, parentOf(parentLabel, undefined));
    }
    const above = this.process(parentLabel);
    assert.equal(process.parent_exec_id, above.exec_id, `parent of ${label} is ${parentLabel}`);
    assert.deepEqual(lasting(parent), lasting(above), `parent of ${label} as it was before`);
    const chain: string[] = [];
    for (let next = this.#parents.get(parentLabel); next; next = this.#parents.get(next))
      chain.push(this.process(next).exec_id);
    const whole = parentLabel === "stage" ? [] : chain;
    const expected = [...whole, ...this.context.aboveStage];
    const actual = ancestors.map(({ exec_id }) => exec_id);
    assert.deepEqual(actual, expected, `ancestors of ${label}`);
  }

  /** One that never exec'd shows what its creator was, but its own name and flags. */
  #checkForked(label: string, creator: string, process: WireProcess, expected: ProcessFields) {
    const from = this.process(creator);
    const flags = String(from.flags ?? "").split(" ");
    const cloned = flags.includes("clone") ? flags : [...flags, "clone"];
    const own = { ...lasting(from), ...ownOf(process) };
    assert.deepEqual(
      lasting(process),
      { ...own, flags: expected.flags ?? cloned.join(" ") },
      `${label}, a copy of ${creator}`,
    );
  }

  #checkFields(label: string, process: WireProcess, fields: Record<string, unknown>): void {
    const { exec_id, pid, refcnt, start_time, parent_exec_id, ns, cap, ...more } = process;
    const { gid, euid, egid, ns_pid, in_init_tree, interpreter, file, ...rest } = more;
    if (this.#isPlain) {
      const rare = { euid, egid, ns_pid, in_init_tree, interpreter, file };
      const told = Object.entries(rare).filter(([, value]) => value !== undefined);
      assert.deepEqual(Object.fromEntries(told), {}, `${label} is a plain process`);
    }
    const actual = {
      ...rest,
      capabilities: (cap as { effective?: number[] } | undefined)?.effective ?? [],
      foreign: foreignTo(this.context.stage, process),
    };
    const stageCap = this.context.stage.cap as { effective?: number[] } | undefined;
    const { capabilities = stageCap?.effective ?? [] } = fields;
    if (capabilities === "any") actual.capabilities = capabilities as never;
    const { uid, auid, docker } = this.context.stage;
    const defaults = { uid, auid, ...(docker !== undefined && { docker }) };
    assert.deepEqual(actual, { ...defaults, ...fields, capabilities }, `fields of ${label}`);
  }
}

type Spaces = Readonly<Record<string, { readonly inum?: number; readonly is_host?: boolean }>>;

/** Namespaces that the two do not share. */
function foreignTo(stage: WireProcess, process: WireProcess): string[] {
  const spaces = (process.ns ?? {}) as Spaces;
  const stageSpaces = (stage.ns ?? {}) as Spaces;
  const names = Object.keys({ ...spaces, ...stageSpaces });
  return names.filter((name) => spaces[name]?.inum !== stageSpaces[name]?.inum).sort();
}

/** Without what changes while the process lives. */
function lasting({ refcnt, ...rest }: WireProcess): Record<string, unknown> {
  return rest;
}

function ownOf({ exec_id, pid, start_time, parent_exec_id, ns_pid }: WireProcess) {
  return { exec_id, pid, start_time, parent_exec_id, ...(ns_pid !== undefined && { ns_pid }) };
}

function parentOf(label: string, given: string | undefined): string {
  if (given !== undefined) return given;
  if (label === "A") return "stage";
  const [base = "", number] = label.split(".");
  if (number === undefined) return "A";
  return number === "2" ? base : `${base}.${Number(number) - 1}`;
}

function binaryOf(oneCase: Case, fields: ProcessFields, label: string, context: Context): string {
  const given = fields.binary ?? (label === "A" ? (oneCase.run[0] ?? "") : "");
  return inFolder(given, context);
}

function expectedFields(
  oneCase: Case,
  { also, exec, parent, ...given }: Expected & { exec: string },
  label: string,
  context: Context,
): Record<string, unknown> {
  const args = label === "A" ? (given.arguments ?? plainArguments(oneCase.run)) : given.arguments;
  const { uid, auid, foreign = [], ...more } = given;
  const all = {
    flags: label.includes(".") ? "execve" : "execve clone",
    ...more,
    binary: binaryOf(oneCase, given, label, context),
    arguments: args ?? "",
    cwd: given.cwd ?? context.cwd,
    foreign: [...foreign].sort(),
    ...(uid !== undefined && { uid: wrapped(uid) }),
    ...(auid !== undefined && { auid: wrapped(auid) }),
  };
  const filled = Object.entries(all).filter(([, value]) => value !== "" && value !== undefined);
  return Object.fromEntries(filled.map(([name, value]) => [name, inFolderDeep(value, context)]));
}

/** Of words without quotes and backslashes. */
const plainArguments = (run: readonly string[]): string =>
  run
    .slice(1)
    .map((word) => (word === "" || word.includes(" ") ? `"${word}"` : word))
    .join(" ");

const wrapped = (value: number) => (value === 0 ? {} : { value });

const inFolder = (text: string, { folder, pid }: Context) =>
  text.replaceAll("@", folder).replaceAll("%A", String(pid));

function inFolderDeep(value: unknown, context: Context): unknown {
  if (typeof value === "string") return inFolder(value, context);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([name, each]) => [name, inFolderDeep(each, context)]));
}
