import { GuidestarError } from "../errors.js";
import type { EventTest } from "./filter.js";
import { parseSelector, type Selector, SelectorError } from "./labelSelector.js";

/** Matches processes in pods whose labels any of the selectors selects. */
export function byLabels(selectors: readonly string[], place: string): EventTest {
  const parsed = selectors.map((text, i) => parse(text, `${place}[${i}]`));
  // By the list, which all processes of a pod share, and which another takes the place of when the
  // labels change.
  const known = new WeakMap<readonly string[], boolean>();
  return ({ process }) => {
    if (process?.pod === undefined) return false;
    const labels = process.pod.labels ?? noLabels;
    let answer = known.get(labels);
    if (answer === undefined) {
      const values = labelValues(labels);
      answer = parsed.some((selects) => selects(values));
      known.set(labels, answer);
    }
    return answer;
  };
}

const noLabels: readonly string[] = [];

/** From `key=value` each; some agents write `k8s:key=value`. */
function labelValues(labels: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    labels.map((label) => {
      const equals = label.indexOf("=");
      const key = equals < 0 ? label : label.slice(0, equals);
      return [key.slice(key.lastIndexOf(":") + 1), equals < 0 ? "" : label.slice(equals + 1)];
    }),
  );
}

function parse(text: string, place: string): Selector {
  try {
    return parseSelector(text);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    throw new GuidestarError("INVALID_ARGUMENT", `${place}: ${error.message}`, { cause: error });
  }
}
