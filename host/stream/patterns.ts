/** Tests of texts that an event holds, in RE2 syntax: linear time, whatever the pattern. */
import { RE2JS } from "re2js";
import { GuidestarError } from "../errors.js";
import type { Event, Process } from "../events/model.js";
import { inLine } from "./ancestry.js";
import type { EventTest } from "./filter.js";

type Owner = (event: Event) => Process | undefined;

/** A test of a text that never changes while the process instance lives; false where there is none. */
export function byText(
  owner: Owner,
  text: (process: Process) => string,
  patterns: readonly string[],
  place: string,
): EventTest {
  const matches = anyPattern(patterns, place);
  const known = new WeakMap<Process, boolean>();
  return (event) => {
    const process = owner(event);
    if (process === undefined) return false;
    let answer = known.get(process);
    if (answer === undefined) {
      answer = matches(text(process));
      known.set(process, answer);
    }
    return answer;
  };
}

/**
 * A test of a text of the pod, which may become known late; false outside of pods, where a plain
 * container may have one without a name.
 */
export function byPodText(
  text: (pod: NonNullable<Process["pod"]>) => string,
  patterns: readonly string[],
  place: string,
): EventTest {
  const matches = remembered(anyPattern(patterns, place));
  return ({ process }) => {
    const pod = process?.pod;
    if (pod === undefined || (pod.name === "" && pod.namespace === "")) return false;
    return matches(text(pod));
  };
}

/** A test of the container's name, in a pod or not; false where none is known. */
export function byContainerName(patterns: readonly string[], place: string): EventTest {
  const matches = remembered(anyPattern(patterns, place));
  return ({ process }) => {
    const name = process?.pod?.container?.name ?? "";
    return name !== "" && matches(name);
  };
}

/** Asks once for each text. */
function remembered(matches: (text: string) => boolean): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    let answer = known.get(text);
    if (answer === undefined) {
      // Pods come and go for as long as the daemon runs.
      if (known.size >= 1000) known.clear();
      answer = matches(text);
      known.set(text, answer);
    }
    return answer;
  };
}

/** A test of the binaries of all ancestors beyond the parent. */
export function byAncestorBinary(patterns: readonly string[], place: string): EventTest {
  const matches = anyPattern(patterns, place);
  const isInLine = inLine(({ binary }) => matches(binary));
  return ({ parent }) => isInLine(parent?.parent);
}

/**
 * Container ids: hexadecimal digits are the first characters of an id (12 of them, as runtimes print
 * it, or all 64), anything else is a pattern. Where only the 31 characters of the API's `docker` are
 * known of an id, those decide.
 */
export function byContainer(ids: readonly string[], place: string): EventTest {
  const tests = ids.map((id, i) => {
    if (id === "") throw invalid(`${place}[${i}]: an empty container id`);
    if (/^[0-9a-f]+$/.test(id)) {
      return (known: string) =>
        known.startsWith(known.length > shownIdLength ? id : id.slice(0, shownIdLength));
    }
    return anyPattern([id], place, i);
  });
  return ({ process }) => {
    const known = process?.containerId || process?.docker;
    return known !== undefined && known !== "" && tests.some((test) => test(known));
  };
}

const shownIdLength = 31;

function anyPattern(patterns: readonly string[], place: string, first = 0) {
  const compiled = patterns.map((pattern, i) => compile(pattern, `${place}[${first + i}]`));
  return (text: string) => compiled.some((pattern) => pattern.test(text));
}

function compile(pattern: string, place: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw invalid(`${place}: ${(error as Error).message}`, error);
  }
}

function invalid(message: string, cause?: unknown): GuidestarError {
  return new GuidestarError("INVALID_ARGUMENT", message, { cause });
}
