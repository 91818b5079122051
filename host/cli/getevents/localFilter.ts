/** The filters of a request applied here, to events that come from a file or a pipe. */
import { RE2JS } from "re2js";
import { fgs } from "../../../proto/generated/api.js";
import type { Event } from "../compact.js";
import type { FilterLists } from "./filters.js";

type Process = fgs.Process.$Properties | null | undefined;
type Test = (event: Facts) => boolean;

/** What filters ask about an event. */
interface Facts {
  readonly type: fgs.EventType;
  readonly process: Process;
  readonly parent: Process;
}

/** Whether an event passes: any allow filter matches, or there is none, and no deny filter does. */
export function localFilter({ allow_list, deny_list }: FilterLists): (event: Event) => boolean {
  const allow = allow_list.map(compile);
  const deny = deny_list.map(compile);
  return (event) => {
    const facts = factsOf(event);
    // Each filter sees every event, because those with a pid_set follow families.
    const isAllowed = matchCount(allow, facts) > 0 || allow.length === 0;
    return matchCount(deny, facts) === 0 && isAllowed;
  };
}

function matchCount(filters: readonly Test[], facts: Facts): number {
  return filters.filter((test) => test(facts)).length;
}

function compile(filter: fgs.Filter.$Properties): Test {
  const tests: Test[] = [];
  const { binary_regex, namespace, health_check, pid, pid_set, event_set } = filter;
  // First, and always asked, because it learns from every event.
  const inFamily = pid_set?.length ? familyTest(pid_set) : undefined;
  if (binary_regex?.length) {
    const patterns = binary_regex.map((source) => RE2JS.compile(source));
    tests.push(({ process }) =>
      process ? patterns.some((pattern) => pattern.test(process.binary ?? "")) : false,
    );
  }
  if (namespace?.length) {
    tests.push(({ process }) =>
      process ? namespace.includes(process.pod?.namespace ?? "") : false,
    );
  }
  if (health_check) {
    const wanted = health_check.value ?? false;
    tests.push(({ process, parent }) => (isProbe(process) || isProbe(parent)) === wanted);
  }
  if (pid?.length) tests.push(({ process }) => isOneOf(pid, process));
  if (event_set?.length) tests.push(({ type }) => event_set.includes(type));
  return (facts) => (inFamily?.(facts) ?? true) && tests.every((test) => test(facts));
}

/** The pids themselves and everything that descends from them, as far as the events tell. */
function familyTest(roots: readonly number[]): Test {
  const members = new Set(roots);
  return ({ type, process, parent }) => {
    const pid = process?.pid?.value;
    if (pid == null) return false;
    const isMember =
      members.has(pid) || (parent?.pid != null && members.has(parent.pid.value ?? 0));
    if (!isMember) return false;
    if (type === fgs.EventType.PROCESS_EXIT && !roots.includes(pid)) members.delete(pid);
    else members.add(pid);
    return true;
  };
}

function isOneOf(pids: readonly number[], process: Process): boolean {
  return process?.pid != null && pids.includes(process.pid.value ?? 0);
}

function isProbe(process: Process): boolean {
  return process?.pod?.container?.maybe_exec_probe ?? false;
}

function factsOf(event: Event): Facts {
  const { EventType } = fgs;
  if (event.process_exec) return { type: EventType.PROCESS_EXEC, ...family(event.process_exec) };
  if (event.process_exit) return { type: EventType.PROCESS_EXIT, ...family(event.process_exit) };
  if (event.process_kprobe) {
    return { type: EventType.PROCESS_KPROBE, ...family(event.process_kprobe) };
  }
  if (event.process_tracepoint) {
    return { type: EventType.PROCESS_TRACEPOINT, ...family(event.process_tracepoint) };
  }
  if (event.process_dns) return { type: EventType.PROCESS_DNS, ...family(event.process_dns) };
  const type = event.test ? EventType.TEST : EventType.UNDEF;
  return { type, process: undefined, parent: undefined };
}

function family(kind: { readonly process?: Process; readonly parent?: Process }) {
  return { process: kind.process, parent: kind.parent };
}
