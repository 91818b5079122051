import { fgs } from "../../../proto/generated/api.js";
import { type Event, EventType, type FindingEvent } from "../../events/model.js";
import type { PluginCounts, PreparedPlugin } from "../prepared.js";
import { UNJUDGED } from "../slot.js";
import { chainOfOne } from "./chainOfOne.js";
import type { Case, CaseExpectation, EventExpectation } from "./fixture.js";

/** What a plugin made of one event. */
export interface Row {
  readonly event: Event;
  /** `keep`, `drop` or `failed`. */
  readonly verdict: string;
  /** Without the plugin's name. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly fuel: number;
}

export interface CaseResult {
  readonly rows: readonly Row[];
  readonly emitted: readonly Event[];
  readonly findings: readonly FindingEvent[];
  readonly counts: PluginCounts;
  readonly log: readonly string[];
  /** What is not as it should be, a line each. */
  readonly failures: readonly string[];
}

/**
 * Runs the events of a case through a plugin, one by one, by their own clock; at the end everything
 * that it gathers comes out. @throws GuidestarError if the settings do not fit
 */
export async function runCase(prepared: PreparedPlugin, given: Case): Promise<CaseResult> {
  let nowMs = Number((given.events[0]?.event.timeNs ?? 0n) / 1_000_000n);
  const log: string[] = [];
  const settings = prepared.schema ? given.settings : "";
  const chain = await chainOfOne(prepared, settings, {
    nowMs: () => nowMs,
    onLog: (_, level, line) => log.push(`${level}: ${line}`),
  });
  const counts = () => chain.list()[0]?.counts as PluginCounts;
  const rows: Row[] = [];
  const made: Event[] = [];
  for (const { event } of given.events) {
    nowMs = Number(event.timeNs / 1_000_000n);
    chain.tick();
    const before = counts().fuel;
    const kept = chain.run([event]).length > 0;
    const failed = event.annotations?.has(UNJUDGED) ?? false;
    const verdict = failed ? "failed" : kept ? "keep" : "drop";
    const fuel = counts().fuel - before;
    rows.push({ event, verdict, annotations: own(event.annotations, prepared.name), fuel });
    made.push(...chain.takeMade());
  }
  chain.tick(true);
  made.push(...chain.takeMade());
  const findings = made.filter((event) => event.type === EventType.FINDING);
  const emitted = made.filter((event) => event.type !== EventType.FINDING);
  const result = { rows, emitted, findings, counts: counts(), log };
  return { ...result, failures: failuresOf(given, result, prepared.name) };
}

function failuresOf(given: Case, result: Omit<CaseResult, "failures">, plugin: string): string[] {
  const failures = given.events.flatMap(({ expect }, n) => {
    const row = result.rows[n] as Row;
    return expect ? differences(`events[${n}]`, expect, row) : [];
  });
  const { emitted, findings } = given.expect ?? ({} as CaseExpectation);
  if (emitted) {
    failures.push(...sameNumber("emitted", emitted.length, result.emitted.length));
    emitted.slice(0, result.emitted.length).forEach((expected, n) => {
      const event = result.emitted[n] as Event;
      const place = `expect.emitted[${n}]`;
      if (expected.count !== undefined && expected.count !== event.aggregated) {
        failures.push(`${place}.count: ${expected.count} expected, ${event.aggregated} made`);
      }
      failures.push(...missing(place, expected.annotations ?? {}, own(event.annotations, plugin)));
    });
  }
  if (findings) {
    failures.push(...sameNumber("findings", findings.length, result.findings.length));
    findings.slice(0, result.findings.length).forEach((expected, n) => {
      failures.push(...findingDifferences(n, expected, result.findings[n] as FindingEvent));
    });
  }
  return failures;
}

function differences(place: string, expect: EventExpectation, row: Row): string[] {
  const failures = missing(place, expect.annotations ?? {}, row.annotations);
  if (expect.verdict !== undefined && expect.verdict !== row.verdict) {
    failures.unshift(`${place}: ${expect.verdict} expected, the verdict is ${row.verdict}`);
  }
  return failures;
}

function findingDifferences(
  n: number,
  expected: NonNullable<CaseExpectation["findings"]>[number],
  finding: FindingEvent,
): string[] {
  const place = `expect.findings[${n}]`;
  const { name, message } = finding;
  const actual: Record<string, string> = {
    name,
    message,
    severity: severityName(finding.severity),
  };
  const failures: string[] = [];
  for (const field of ["name", "severity", "message"] as const) {
    if (expected[field] !== undefined && expected[field] !== actual[field]) {
      failures.push(
        `${place}.${field}: ${quote(expected[field])} expected, not ${quote(actual[field])}`,
      );
    }
  }
  const attributes = Object.fromEntries(finding.attributes ?? []);
  return [...failures, ...missing(place, expected.attributes ?? {}, attributes)];
}

/** `high` for FINDING_SEVERITY_HIGH. */
export function severityName(severity: number): string {
  return (fgs.FindingSeverity[severity] ?? "").replace("FINDING_SEVERITY_", "").toLowerCase();
}

function sameNumber(what: string, expected: number, actual: number): string[] {
  return expected === actual ? [] : [`expect.${what}: ${expected} expected, ${actual} made`];
}

function missing(
  place: string,
  expected: Readonly<Record<string, string | null>>,
  actual: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(expected).flatMap(([key, value]) => {
    const found = actual[key] ?? null;
    return found === value
      ? []
      : [`${place}, ${key}: ${quote(value)} expected, not ${quote(found)}`];
  });
}

/** The annotations that the plugin made itself. */
function own(annotations: ReadonlyMap<string, string> | undefined, plugin: string) {
  const start = `${plugin}.`;
  const entries = [...(annotations ?? [])].filter(([key]) => key.startsWith(start));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(start.length), value]));
}

function quote(value: string | null | undefined): string {
  return value == null ? "nothing" : JSON.stringify(value);
}
