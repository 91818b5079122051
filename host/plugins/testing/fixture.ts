import { GuidestarError } from "../../errors.js";
import { type Event, EventType, type Process } from "../../events/model.js";
import { closest } from "../../suggest.js";

/** A case: events as `guidestar getevents -o json` shows them, and what the plugin should make of them. */
export interface Case {
  readonly settings: unknown;
  readonly events: readonly CaseEvent[];
  readonly expect: CaseExpectation | undefined;
}

export interface CaseEvent {
  readonly event: Event;
  readonly expect: EventExpectation | undefined;
}

export interface EventExpectation {
  readonly verdict?: "keep" | "drop";
  /** Without the plugin's name; null: must not be there. */
  readonly annotations?: Readonly<Record<string, string | null>>;
}

/** What the plugin made by the end, in order; all that it made, if the list is there. */
export interface CaseExpectation {
  readonly emitted?: readonly {
    readonly count?: number;
    readonly annotations?: EventExpectation["annotations"];
  }[];
  readonly findings?: readonly {
    readonly name?: string;
    readonly severity?: string;
    readonly message?: string;
    readonly attributes?: EventExpectation["annotations"];
  }[];
}

type Json = Record<string, unknown>;

const eventFields = ["process_exec", "process_exit", "time", "node_name", "sequence", "expect"];
const bodyFields = ["process", "parent", "ancestors", "status", "signal", "time"];
const processFields = [
  ...["exec_id", "pid", "uid", "auid", "cwd", "binary", "arguments", "flags", "docker", "pod"],
  // Not of events as they are shown: whole lines of ancestors can be written down.
  "parent",
];
/** Shown, and of no use here. */
const ignoredFields = [
  ...["start_time", "parent_exec_id", "refcnt", "cap", "ns", "tid", "binary_properties", "user"],
  ...[
    "in_init_tree",
    "interpreter",
    "file",
    "ns_pid",
    "euid",
    "gid",
    "egid",
    "process_credentials",
  ],
];
const firstTimeMs = Date.UTC(2027, 0, 15);

/** Reads a case, or lines of events. `source` names the file in errors. @throws GuidestarError */
export function parseCase(text: string, source: string): Case {
  const reader = new CaseReader(source);
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch (error) {
    return reader.lines(text, error as Error);
  }
  return reader.whole(whole);
}

class CaseReader {
  private timeMs = firstTimeMs;
  private sequence = 0;
  private nextPid = 1000;
  private readonly processes = new Map<string, Process>();

  constructor(private readonly source: string) {}

  whole(value: unknown): Case {
    if (isObject(value) && !("events" in value)) {
      return { settings: {}, events: [this.event(value, "the event")], expect: undefined };
    }
    const given = Array.isArray(value) ? { events: value } : this.object(value, "the case");
    this.known(given, ["settings", "events", "expect"], "the case");
    if (!Array.isArray(given.events)) throw this.refusal('the case has no list "events"');
    return {
      settings: given.settings ?? {},
      events: given.events.map((event, n) => this.event(event, `events[${n}]`)),
      expect: given.expect as CaseExpectation | undefined,
    };
  }

  lines(text: string, error: Error): Case {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    const events = lines.map((line, n) => {
      try {
        return this.event(JSON.parse(line), `line ${n + 1}`);
      } catch (lineError) {
        if (lineError instanceof GuidestarError) throw lineError;
        // One text over many lines, or many texts: the error of the first line tells which it is.
        const { message } = n === 0 ? error : (lineError as Error);
        throw this.refusal(`line ${n + 1} is not valid JSON: ${message}`);
      }
    });
    return { settings: {}, events, expect: undefined };
  }

  private event(value: unknown, place: string): CaseEvent {
    const given = this.object(value, place);
    for (const kind of ["process_kprobe", "process_tracepoint", "test"]) {
      if (kind in given) {
        throw this.refusal(
          `${place} is a ${kind}, which cannot be read from JSON: record it with "guidestar record" and test with --recording`,
        );
      }
    }
    this.known(given, eventFields, place);
    const kind = given.process_exec !== undefined ? "process_exec" : "process_exit";
    if (given[kind] === undefined)
      throw this.refusal(`${place} has no process_exec or process_exit`);
    const body = this.object(given[kind], `${place}.${kind}`);
    this.known(body, bodyFields, `${place}.${kind}`);
    const parent =
      body.parent === undefined
        ? undefined
        : this.process(body.parent, `${place}.${kind}.parent`, undefined);
    const process = this.process(body.process, `${place}.${kind}.process`, parent);
    this.timeMs = given.time === undefined ? this.timeMs + 1 : this.time(given.time, place);
    const base = {
      sequence: ++this.sequence,
      timeNs: BigInt(this.timeMs) * 1_000_000n,
      process,
      parent: process.parent,
      annotations: undefined,
    };
    const event: Event =
      kind === "process_exec"
        ? { type: EventType.EXEC, ...base }
        : {
            ...{ type: EventType.EXIT, ...base },
            status: Number(body.status ?? 0),
            signal: String(body.signal ?? ""),
          };
    return { event, expect: this.expectation(given.expect, place) };
  }

  private expectation(value: unknown, place: string): EventExpectation | undefined {
    if (value === undefined) return undefined;
    const given = this.object(value, `${place}.expect`);
    this.known(given, ["verdict", "annotations"], `${place}.expect`);
    if (![undefined, "keep", "drop"].includes(given.verdict as undefined)) {
      throw this.refusal(`${place}.expect.verdict must be "keep" or "drop"`);
    }
    return given as EventExpectation;
  }

  private process(value: unknown, place: string, parent: Process | undefined): Process {
    const given = this.object(value, place);
    this.known(given, [...processFields, ...ignoredFields], place);
    const above = given.parent ? this.process(given.parent, `${place}.parent`, undefined) : parent;
    const id = typeof given.exec_id === "string" ? given.exec_id : undefined;
    const known = id === undefined ? undefined : this.processes.get(id);
    if (known) return known;
    const pid = typeof given.pid === "number" ? given.pid : this.nextPid++;
    const process = this.newProcess(given, pid, above, place);
    this.processes.set(process.execId, process);
    return process;
  }

  private newProcess(
    given: Json,
    pid: number,
    parent: Process | undefined,
    place: string,
  ): Process {
    const text = (name: string, otherwise = ""): string => {
      const value = given[name] ?? otherwise;
      if (typeof value !== "string") throw this.refusal(`${place}.${name} must be a text`);
      return value;
    };
    const keyNs = BigInt(pid) * 1_000_000n;
    const number = (value: unknown) => (typeof value === "number" ? value : undefined);
    return {
      execId: text("exec_id", Buffer.from(`test:${keyNs}:${pid}`).toString("base64")),
      pid,
      nsPid: pid,
      inInitTree: false,
      keyNs,
      startTimeNs: BigInt(this.timeMs) * 1_000_000n,
      uid: number(given.uid) ?? 0,
      auid: number(given.auid) ?? 0xffffffff,
      binary: text("binary"),
      arguments: text("arguments"),
      cwd: text("cwd", "/"),
      flags: text("flags", "execve clone"),
      docker: text("docker"),
      cgroupId: 0n,
      cgroupName: "",
      capabilities: undefined,
      namespaces: undefined,
      parent,
      ...(isObject(given.pod) && { pod: podOf(given.pod) }),
    };
  }

  private time(value: unknown, place: string): number {
    const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(ms)) throw this.refusal(`${place}.time must be like "2027-01-15T10:00:00Z"`);
    return ms;
  }

  private object(value: unknown, place: string): Json {
    if (isObject(value)) return value;
    throw this.refusal(`${place} must be an object`);
  }

  private known(given: Json, names: readonly string[], place: string): void {
    for (const name of Object.keys(given)) {
      if (names.includes(name)) continue;
      throw this.refusal(`${place} has the unknown field "${name}"${closest(name, names)}`);
    }
  }

  private refusal(message: string): GuidestarError {
    return new GuidestarError("INVALID_ARGUMENT", `${this.source}: ${message}`);
  }
}

function podOf(given: Json): NonNullable<Process["pod"]> {
  const container = isObject(given.container) ? given.container : undefined;
  const image = isObject(container?.image) ? container.image : {};
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    namespace: text(given.namespace),
    name: text(given.name),
    maybeExecProbe: false,
    ...(container && {
      container: {
        id: text(container.id),
        name: text(container.name),
        image: { id: text(image.id), name: text(image.name) },
        startTimeNs: 0n,
      },
    }),
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
