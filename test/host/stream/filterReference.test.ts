/** Filters against their definition, written down again in the simplest words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Event, EventType, isHookEvent, type Process } from "../../../host/events/model.js";
import { compileFilter, filterKey } from "../../../host/stream/filter.js";
import { capabilitySets, type FilterSpec } from "../../../host/stream/filterSpec.js";
import { fgs } from "../../../proto/generated/api.js";
import { call, exec, exit, filter, process, withoutProcess } from "./events.js";

const list = <T>(...values: T[]) => fc.array(fc.constantFrom(...values), { maxLength: 2 });
const patterns = list("a", "^/b", "c$", "^$", "[ab]c");
const flag = fc.constantFrom(undefined, true, false);
const numbers = fc.array(fc.nat(3), { maxLength: 2 });
const capabilityMatch = fc
  .record({ any: numbers, all: numbers, exactly: numbers, none: numbers })
  .filter((match) => Object.values(match).some(({ length }) => length > 0));
const capabilityFilter = fc
  .record(
    { permitted: capabilityMatch, effective: capabilityMatch, inheritable: capabilityMatch },
    { requiredKeys: [] },
  )
  .filter((sets) => Object.keys(sets).length > 0);

const lowPid = "process_exec.process.pid < 3u";
const notBash = '!has(process_exit.process) || process_exit.process.binary != "/b"';
const conditions: Readonly<Record<string, (event: Event) => boolean>> = {
  // A process that is not there has no pid, and what has no pid is not compared.
  [lowPid]: ({ type, process }) => type === EventType.EXEC && (process?.pid ?? 3) < 3,
  [notBash]: ({ type, process }) => type !== EventType.EXIT || process?.binary !== "/b",
};

const fields = {
  binaryRegex: patterns,
  namespace: list("", "x", "y"),
  healthCheck: flag,
  pid: list(1, 2, 3),
  pidSet: list(1, 2, 3),
  eventSet: list(EventType.EXEC, EventType.EXIT, EventType.TEST),
  podRegex: patterns,
  argumentsRegex: patterns,
  labels: list("a", "!a", "a=1", "a!=1", "a in (1,2),b", "b notin (1)"),
  capabilities: fc.option(capabilityFilter, { nil: undefined, freq: 2 }),
  parentBinaryRegex: patterns,
  parentArgumentsRegex: patterns,
  containerId: list("ab", "abc", "^a.c", "f".repeat(40)),
  inInitTree: flag,
  ancestorBinaryRegex: patterns,
  namespaceRegex: list("x", "^y$"),
  containerNameRegex: list("a", "^b$"),
  policyNames: list("p", "q"),
  functionNames: list("write", "__x64_sys_write", "sub/it", "it", "sub"),
  celExpression: list(lowPid, notBash),
} satisfies { [field in keyof FilterSpec]: fc.Arbitrary<FilterSpec[field]> };

/** A few fields each: with all of them, nearly no event would match. */
const anyFilter = fc
  .subarray(Object.keys(fields) as (keyof FilterSpec)[], { maxLength: 3 })
  .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, fields[name]]))))
  .map((set) => filter(set as Partial<FilterSpec>));

const containers = fc.record({
  ...{
    id: fc.constant(""),
    name: fc.constantFrom("", "a", "b", "xb"),
    startTimeNs: fc.constant(0n),
  },
  image: fc.constant({ id: "", name: "" }),
});
const text = fc.constantFrom("", "a", "/bc", "/b", "xc");
const someProcess = fc.record({
  pid: fc.integer({ min: 1, max: 4 }),
  binary: text,
  arguments: text,
  docker: fc.constantFrom("", "abcdef0123456789abcdef012345678", "f".repeat(31)),
  containerId: fc.constantFrom("", `abcdef${"0".repeat(58)}`, "f".repeat(64)),
  inInitTree: fc.boolean(),
  capabilities: fc.option(
    fc.record({
      permitted: fc.bigInt(0n, 15n),
      effective: fc.bigInt(0n, 15n),
      inheritable: fc.bigInt(0n, 15n),
    }),
    { nil: undefined },
  ),
  pod: fc.option(
    fc.record({
      namespace: fc.constantFrom("x", "y", ""),
      name: text,
      maybeExecProbe: fc.boolean(),
      container: containers,
      labels: fc.constantFrom(["a=1"], ["a=2", "b=1"], ["b="], []),
    }),
    { nil: undefined },
  ),
});

const kinds = ["exec", "exit", "none", "write", "traced"] as const;
const makers: Readonly<Record<(typeof kinds)[number], (one: Process) => Event>> = {
  none: withoutProcess,
  exec,
  exit,
  write: (one) => call(one, { policy: "p", functionName: "__x64_sys_write" }),
  traced: (one) =>
    call(one, { policy: "q", kind: "tracepoint", subsystem: "sub", functionName: "it" }),
};
const hookNames: Readonly<Record<string, readonly string[]>> = {
  p: ["__x64_sys_write", "sys_write", "write"],
  q: ["it", "sub/it"],
};

/** Several events of one family: what a test learned of the first must hold for the others. */
const events = fc
  .record({
    line: fc.array(someProcess, { minLength: 1, maxLength: 5 }),
    kinds: fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 4 }),
  })
  .map(({ line, kinds }) => {
    const family: Process[] = [];
    for (const known of line) family.push(process({ ...known, parent: family.at(-1) }));
    return family.flatMap((one) => kinds.map((kind) => makers[kind](one)));
  });

test("any lists of filters decide as their definition says, on any events", () => {
  const lists = fc.array(anyFilter, { maxLength: 3 });
  fc.assert(
    fc.property(lists, lists, events, (allow, deny, events) => {
      const passes = compileFilter({ allow, deny }, messageOf);
      for (const event of events) {
        const isAllowed = allow.length === 0 || allow.some((one) => matches(one, event));
        const isDenied = deny.some((one) => matches(one, event));
        assert.equal(passes(event), isAllowed && !isDenied);
      }
    }),
    { numRuns: 1000 },
  );
});

test("filters share a key if they are the same, and if any field differs they do not", () => {
  const key = (one: FilterSpec) => filterKey({ allow: [one], deny: [] });
  fc.assert(
    fc.property(anyFilter, anyFilter, (one, other) => {
      assert.equal(key(one), key(structuredClone(one)));
      let areEqual = true;
      try {
        assert.deepEqual(one, other);
      } catch {
        areEqual = false;
      }
      assert.equal(key(one) === key(other), areEqual);
    }),
    { numRuns: 1000 },
  );
});

function matches(one: FilterSpec, event: Event): boolean {
  // A test event shows none, whoever caused it.
  const isShown = event.type !== EventType.TEST;
  const process = isShown ? event.process : undefined;
  const parent = isShown ? event.parent : undefined;
  const ancestors = lineOf(parent?.parent);
  const any = <T>(values: readonly T[], is: (value: T) => boolean | undefined) =>
    values.length === 0 || values.some(is);
  const found = (patterns: readonly string[], text: string | undefined) =>
    any(patterns, (pattern) => text !== undefined && new RegExp(pattern).test(text));
  const isInPod = process?.pod && (process.pod.name !== "" || process.pod.namespace !== "");
  const pod = isInPod ? process.pod : undefined;
  const isProbe = [process, parent].some((who) => who?.pod?.maybeExecProbe);
  return (
    any(one.eventSet, (type) => type === event.type) &&
    any(one.pid, (pid) => process?.pid === pid) &&
    any(one.pidSet, (pid) =>
      [...lineOf(process), ...lineOf(parent)].some((who) => who.pid === pid),
    ) &&
    any(one.namespace, (name) => process && (process.pod?.namespace ?? "") === name) &&
    (one.healthCheck === undefined || one.healthCheck === isProbe) &&
    any(one.policyNames, (name) => isHookEvent(event) && event.hook.description.policy === name) &&
    any(
      one.functionNames,
      (name) => isHookEvent(event) && hookNames[event.hook.description.policy]?.includes(name),
    ) &&
    any(one.celExpression, (expression) => conditions[expression]?.(event)) &&
    found(one.binaryRegex, process?.binary) &&
    found(one.argumentsRegex, process?.arguments) &&
    found(one.parentBinaryRegex, parent?.binary) &&
    found(one.parentArgumentsRegex, parent?.arguments) &&
    any(one.ancestorBinaryRegex, (pattern) =>
      ancestors.some(({ binary }) => new RegExp(pattern).test(binary)),
    ) &&
    found(one.podRegex, pod?.name) &&
    found(one.namespaceRegex, pod?.namespace) &&
    found(one.containerNameRegex, process?.pod?.container?.name || undefined) &&
    any(
      one.labels,
      (selector) => process?.pod?.labels && selectorOf[selector]?.(process.pod.labels),
    ) &&
    any(one.containerId, (id) => hasContainer(process, id)) &&
    (one.inInitTree === undefined || process?.inInitTree === one.inInitTree) &&
    hasCapabilities(one.capabilities, process)
  );
}

/** What the expressions ask for. */
function messageOf({ type, process }: Event): Uint8Array {
  const body = process && { process: { pid: { value: process.pid }, binary: process.binary } };
  return fgs.GetEventsResponse.encode({
    ...(type === EventType.EXEC && { process_exec: body ?? {} }),
    ...(type === EventType.EXIT && { process_exit: body ?? {} }),
  }).finish();
}

function lineOf(process: Process | undefined): Process[] {
  return process === undefined ? [] : [process, ...lineOf(process.parent)];
}

function hasContainer(process: Process | undefined, id: string): boolean {
  const { docker = "", containerId = "" } = process ?? {};
  if (docker === "" && containerId === "") return false;
  if (id.startsWith("^")) return new RegExp(id).test(containerId === "" ? docker : containerId);
  return containerId === "" ? docker.startsWith(id.slice(0, 31)) : containerId.startsWith(id);
}

const has = (labels: readonly string[], start: string) =>
  labels.some((one) => one.startsWith(start));
const selectorOf: Readonly<Record<string, (labels: readonly string[]) => boolean>> = {
  a: (labels) => has(labels, "a="),
  "!a": (labels) => !has(labels, "a="),
  "a=1": (labels) => has(labels, "a=1"),
  "a!=1": (labels) => !has(labels, "a=1"),
  "a in (1,2),b": (labels) => has(labels, "a=") && has(labels, "b="),
  "b notin (1)": (labels) => !has(labels, "b=1"),
};

function hasCapabilities(
  filter: FilterSpec["capabilities"],
  process: Process | undefined,
): boolean {
  if (filter === undefined) return true;
  const held = process?.capabilities;
  if (held === undefined) return false;
  return capabilitySets.every((set) => {
    const match = filter[set];
    if (match === undefined) return true;
    const holds = [0, 1, 2, 3].filter((bit) => (Number(held[set]) >> bit) % 2 === 1);
    const { any, all, exactly, none } = match;
    return (
      (any.length === 0 || any.some((bit) => holds.includes(bit))) &&
      all.every((bit) => holds.includes(bit)) &&
      (exactly.length === 0 ||
        (holds.every((bit) => exactly.includes(bit)) &&
          exactly.every((bit) => holds.includes(bit)))) &&
      none.every((bit) => !holds.includes(bit))
    );
  });
}
