/** Compiles what a GetEvents call asks for into a test of events. Runs in the pipeline worker. */
import { RE2JS } from "re2js";
import { GuidestarError } from "../errors.js";
import { type Event, EventType, type Process } from "../events/model.js";
import type { FilterSpec, StreamSpec } from "./filterSpec.js";
import { inPidSet } from "./pidSet.js";

export type EventTest = (event: Event) => boolean;

/**
 * Passes events that any allow filter matches (no allow filter: all) and no deny filter does. The
 * test keeps what it learned of a process: use one for each stream, or group of equal streams.
 * Throws `INVALID_ARGUMENT`, naming the field.
 */
export function compileFilter(spec: StreamSpec): EventTest {
  const allow = spec.allow.map((filter, i) => compileOne(filter, `allow_list[${i}]`));
  const deny = spec.deny.map((filter, i) => compileOne(filter, `deny_list[${i}]`));
  if (allow.length === 0 && deny.length === 0) return () => true;
  return (event) =>
    (allow.length === 0 || allow.some((test) => test(event))) && !deny.some((test) => test(event));
}

/** Equal for specs that pass the same events: their streams can share a test, and what it passes. */
export function filterKey(spec: StreamSpec): string {
  const key = (filter: FilterSpec) => [
    filter.binaryRegex,
    filter.namespace,
    filter.healthCheck ?? null,
    filter.pid,
    filter.pidSet,
    filter.eventSet,
  ];
  return JSON.stringify([spec.allow.map(key), spec.deny.map(key)]);
}

/** Every field that is set must match; a list matches if one of its values does. */
function compileOne(filter: FilterSpec, place: string): EventTest {
  const tests: EventTest[] = [];
  // The cheapest first: an event that fails one is not asked the others.
  if (filter.eventSet.length > 0) tests.push(byType(filter.eventSet, `${place}.event_set`));
  if (filter.pid.length > 0) {
    const pids = new Set(filter.pid);
    tests.push(({ process }) => process !== undefined && pids.has(process.pid));
  }
  if (filter.namespace.length > 0) tests.push(byNamespace(filter.namespace));
  if (filter.healthCheck !== undefined) tests.push(byHealthCheck(filter.healthCheck));
  if (filter.pidSet.length > 0) tests.push(inPidSet(filter.pidSet));
  if (filter.binaryRegex.length > 0) {
    tests.push(byBinary(filter.binaryRegex, `${place}.binary_regex`));
  }
  return (event) => tests.every((test) => test(event));
}

const knownTypes: ReadonlySet<number> = new Set(Object.values(EventType));

function byType(types: readonly number[], place: string): EventTest {
  types.forEach((type, i) => {
    if (knownTypes.has(type)) return;
    const name = type === 0 ? "UNDEF" : type;
    throw new GuidestarError("INVALID_ARGUMENT", `${place}[${i}]: Unknown EventType ${name}`);
  });
  const wanted = new Set(types);
  return (event) => wanted.has(event.type);
}

/** The namespace "" stands for no pod. Never matches an event without a process. */
function byNamespace(namespaces: readonly string[]): EventTest {
  const wanted = new Set(namespaces);
  return ({ process }) => process !== undefined && wanted.has(process.pod?.namespace ?? "");
}

function byHealthCheck(wanted: boolean): EventTest {
  return ({ process, parent }) => (isProbe(process) || isProbe(parent)) === wanted;
}

function isProbe(process: Process | undefined): boolean {
  return process?.pod?.maybeExecProbe ?? false;
}

/** RE2 syntax, matching anywhere in the binary's path. */
function byBinary(patterns: readonly string[], place: string): EventTest {
  const expressions = patterns.map((pattern, i) => compilePattern(pattern, `${place}[${i}]`));
  // The binary of a process instance never changes.
  const known = new WeakMap<Process, boolean>();
  return ({ process }) => {
    if (process === undefined) return false;
    let matches = known.get(process);
    if (matches === undefined) {
      matches = expressions.some((expression) => expression.test(process.binary));
      known.set(process, matches);
    }
    return matches;
  };
}

function compilePattern(pattern: string, place: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    const { message } = error as Error;
    throw new GuidestarError("INVALID_ARGUMENT", `${place}: ${message}`, { cause: error });
  }
}
