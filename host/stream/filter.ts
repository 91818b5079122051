/** Compiles what a GetEvents call asks for into a test of events. Runs in the pipeline worker. */
import { GuidestarError } from "../errors.js";
import { type Event, EventType, type Process } from "../events/model.js";
import { byCapabilities } from "./capabilities.js";
import { byExpressions, type MessageOf } from "./cel/filter.js";
import { emptyFilter, type FilterSpec, type StreamSpec } from "./filterSpec.js";
import { byFunctions, byPolicies } from "./hooks.js";
import { byLabels } from "./labels.js";
import { byAncestorBinary, byContainer, byContainerName, byPodText, byText } from "./patterns.js";
import { inPidSet } from "./pidSet.js";

export type EventTest = (event: Event) => boolean;

/**
 * Passes events that any allow filter matches (no allow filter: all) and no deny filter does. The
 * test keeps what it learned of a process: use one for each stream, or group of equal streams.
 * Expressions are about messages, so whoever uses the test, and not only checks the filters, tells how
 * an event becomes one. Throws `INVALID_ARGUMENT`, naming the field.
 */
export function compileFilter(
  spec: Pick<StreamSpec, "allow" | "deny">,
  messageOf: MessageOf = noMessages,
): EventTest {
  const compile = (list: string) => (filter: FilterSpec, i: number) =>
    compileOne(filter, `${list}[${i}]`, messageOf);
  const allow = spec.allow.map(compile("allow_list"));
  const deny = spec.deny.map(compile("deny_list"));
  if (allow.length === 0 && deny.length === 0) return () => true;
  return (given) => {
    const event = asShown(given);
    return (
      (allow.length === 0 || allow.some((test) => test(event))) && !deny.some((test) => test(event))
    );
  };
}

/** What clients see of a test event has no process, so filters by process do not match it. */
function asShown(event: Event): Event {
  if (event.type !== EventType.TEST) return event;
  return { ...event, process: undefined, parent: undefined } as unknown as Event;
}

/** Equal for specs that send the same: their streams can share a test, and what it passes. */
export function filterKey(spec: StreamSpec): string {
  const key = (filter: FilterSpec) => fieldNames.map((name) => filter[name] ?? null);
  const instances = (spec.plugins ?? []).map(({ instance }) => instance);
  const { accounts = false, fields = null } = spec;
  return JSON.stringify([spec.allow.map(key), spec.deny.map(key), fields, instances, accounts]);
}

const fieldNames = Object.keys(emptyFilter) as readonly (keyof FilterSpec)[];

/** Every field that is set must match; a list matches if one of its values does. */
function compileOne(filter: FilterSpec, place: string, messageOf: MessageOf): EventTest {
  const tests: EventTest[] = [];
  // The cheapest first: an event that fails one is not asked the others.
  if (filter.eventSet.length > 0) tests.push(byType(filter.eventSet, `${place}.event_set`));
  if (filter.pid.length > 0) {
    const pids = new Set(filter.pid);
    tests.push(({ process }) => process !== undefined && pids.has(process.pid));
  }
  if (filter.policyNames.length > 0) tests.push(byPolicies(filter.policyNames));
  if (filter.functionNames.length > 0) tests.push(byFunctions(filter.functionNames));
  const { inInitTree, capabilities } = filter;
  if (inInitTree !== undefined) tests.push(({ process }) => process?.inInitTree === inInitTree);
  if (filter.namespace.length > 0) tests.push(byNamespace(filter.namespace));
  if (filter.healthCheck !== undefined) tests.push(byHealthCheck(filter.healthCheck));
  if (capabilities) tests.push(byCapabilities(capabilities, `${place}.capabilities`));
  if (filter.pidSet.length > 0) tests.push(inPidSet(filter.pidSet));
  for (const [name, make] of textTests) {
    const values = filter[name];
    if (values.length > 0) tests.push(make(values, `${place}.${snakeCase(name)}`, messageOf));
  }
  return (event) => tests.every((test) => test(event));
}

type TextField =
  | "containerId"
  | "labels"
  | "podRegex"
  | "namespaceRegex"
  | "containerNameRegex"
  | "binaryRegex"
  | "argumentsRegex"
  | "parentBinaryRegex"
  | "parentArgumentsRegex"
  | "ancestorBinaryRegex"
  | "celExpression";

const ofProcess = ({ process }: Event) => process;
const ofParent = ({ parent }: Event) => parent;

const textTests: readonly (readonly [
  TextField,
  (values: readonly string[], place: string, messageOf: MessageOf) => EventTest,
])[] = [
  ["containerId", byContainer],
  ["labels", byLabels],
  ["podRegex", (patterns, place) => byPodText(({ name }) => name, patterns, place)],
  ["containerNameRegex", byContainerName],
  ["namespaceRegex", (patterns, place) => byPodText((pod) => pod.namespace, patterns, place)],
  ["binaryRegex", (patterns, place) => byText(ofProcess, (p) => p.binary, patterns, place)],
  ["argumentsRegex", (patterns, place) => byText(ofProcess, (p) => p.arguments, patterns, place)],
  ["parentBinaryRegex", (patterns, place) => byText(ofParent, (p) => p.binary, patterns, place)],
  [
    "parentArgumentsRegex",
    (patterns, place) => byText(ofParent, (p) => p.arguments, patterns, place),
  ],
  ["ancestorBinaryRegex", byAncestorBinary],
  ["celExpression", byExpressions],
];

const noMessages: MessageOf = () => {
  throw new Error("the filter was compiled without a way to messages");
};

/** The fields whose values are patterns, selectors or ids: each is compiled, and takes memory. */
export const textFields = textTests.map(([name]) => name);

/** The name of a field as the API has it. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
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
