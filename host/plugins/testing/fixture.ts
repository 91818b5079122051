import type { fgs } from "../../../proto/generated/api.js";
import { GuidestarError } from "../../errors.js";
import { type Event, EventType } from "../../events/model.js";
import { fromJson, JsonError } from "../../json/protojson.js";
import { callParts } from "./call.js";
import { dnsFields, dnsOf } from "./dnsFixture.js";
import { Given, isObject, type Json } from "./given.js";
import { ProcessReader } from "./processReader.js";

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

const kinds = [
  ...(["process_exec", "process_exit", "process_kprobe"] as const),
  ...(["process_tracepoint", "process_dns", "test"] as const),
] as const;
const eventFields = [
  ...kinds,
  ...["time", "node_name", "sequence", "expect"],
  // What plugins added to an event as it was shown: this one begins anew.
  ...["annotations", "aggregation_info", "lost"],
];
const processFields = ["process", "parent", "ancestors"];
const bodyFields = [...processFields, "status", "signal", "time", "dns", "tid"];
const argumentFields = ["arg0", "arg1", "arg2", "arg3"];
const firstTimeMs = Date.UTC(2027, 0, 15);

/** Reads a case, or lines of events. `source` names the file in errors. @throws GuidestarError */
export function parseCase(text: string, source: string): Case {
  const reader = new CaseReader(new Given(source));
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
  private readonly processes: ProcessReader;

  constructor(private readonly given: Given) {
    this.processes = new ProcessReader(given);
  }

  whole(value: unknown): Case {
    if (isObject(value) && !("events" in value)) {
      return { settings: {}, events: [this.event(value, "the event")], expect: undefined };
    }
    const given = Array.isArray(value) ? { events: value } : this.given.object(value, "the case");
    this.given.known(given, ["settings", "events", "expect"], "the case");
    if (!Array.isArray(given.events)) throw this.given.refusal('the case has no list "events"');
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
        throw this.given.refusal(`line ${n + 1} is not valid JSON: ${message}`);
      }
    });
    return { settings: {}, events, expect: undefined };
  }

  private event(value: unknown, place: string): CaseEvent {
    const given = this.given.object(value, place);
    this.given.known(given, eventFields, place);
    const kind = kinds.find((name) => given[name] !== undefined);
    if (kind === undefined) throw this.given.refusal(`${place} has no ${listed(kinds)}`);
    this.timeMs = given.time === undefined ? this.timeMs + 1 : this.time(given.time, place);
    const body = this.given.object(given[kind], `${place}.${kind}`);
    const event = this.eventOf(kind, body, `${place}.${kind}`);
    return { event, expect: this.expectation(given.expect, place) };
  }

  private eventOf(kind: (typeof kinds)[number], given: Json, place: string): Event {
    // Of a test event the API shows no process, but plugins see it.
    const body = kind === "test" ? { process: {}, ...given } : given;
    const isCall = kind === "process_kprobe" || kind === "process_tracepoint";
    if (kind === "test") this.given.known(body, [...processFields, ...argumentFields], place);
    else if (!isCall) this.given.known(body, bodyFields, place);
    const of = (name: string, above?: Event["process"]) =>
      this.processes.read(body[name], `${place}.${name}`, this.timeMs, above);
    const parent = body.parent === undefined ? undefined : of("parent");
    const process = of("process", parent);
    const base = {
      sequence: ++this.sequence,
      timeNs: BigInt(this.timeMs) * 1_000_000n,
      process,
      parent: process.parent,
      annotations: undefined,
    };
    if (isCall) return { ...base, ...this.call(kind, body, place) } as Event;
    if (kind === "test") {
      const args = argumentFields.map((name) => this.word(body[name], `${place}.${name}`));
      return { type: EventType.TEST, ...base, args };
    }
    if (kind === "process_exec") return { type: EventType.EXEC, ...base };
    if (kind === "process_dns") {
      const dns = this.given.object(body.dns ?? {}, `${place}.dns`);
      this.given.known(dns, dnsFields, `${place}.dns`);
      const tid = typeof body.tid === "number" ? body.tid : process.pid;
      return { type: EventType.DNS, ...base, tid, dns: dnsOf(dns) };
    }
    const { status, signal } = body;
    return {
      ...{ type: EventType.EXIT, ...base },
      ...{ status: Number(status ?? 0), signal: String(signal ?? "") },
    };
  }

  /** 64 bits, unsigned; a text where a JSON number is not exact. */
  private word(value: unknown, place: string): bigint {
    const isWord =
      typeof value === "string" ? /^\d{1,20}$/.test(value) : Number.isSafeInteger(value ?? 0);
    if (!isWord) throw this.given.refusal(`${place} must be a whole number from 0`);
    const word = BigInt((value ?? 0) as string | number);
    if (word === BigInt.asUintN(64, word)) return word;
    throw this.given.refusal(`${place} must be a number of 64 bits from 0`);
  }

  /** What a call has besides its processes: checked as the API's own message. */
  private call(kind: "process_kprobe" | "process_tracepoint", body: Json, place: string) {
    const isTracepoint = kind === "process_tracepoint";
    const rest = Object.entries(body).filter(([name]) => !processFields.includes(name));
    const type = isTracepoint ? "fgs.ProcessTracepoint" : "fgs.ProcessKprobe";
    const refuse = (why: string): never => {
      throw this.given.refusal(`${place}: ${why}`);
    };
    try {
      const text = JSON.stringify(Object.fromEntries(rest));
      return callParts(fromJson<fgs.ProcessKprobe>(type, text), isTracepoint, refuse);
    } catch (error) {
      if (error instanceof JsonError) return refuse(error.reason);
      throw error;
    }
  }

  private expectation(value: unknown, place: string): EventExpectation | undefined {
    if (value === undefined) return undefined;
    const given = this.given.object(value, `${place}.expect`);
    this.given.known(given, ["verdict", "annotations"], `${place}.expect`);
    if (![undefined, "keep", "drop"].includes(given.verdict as undefined)) {
      throw this.given.refusal(`${place}.expect.verdict must be "keep" or "drop"`);
    }
    return given as EventExpectation;
  }

  private time(value: unknown, place: string): number {
    const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
    if (!Number.isNaN(ms)) return ms;
    throw this.given.refusal(`${place}.time must be like "2027-01-15T10:00:00Z"`);
  }
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
