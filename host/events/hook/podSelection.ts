/** Policies that are for certain pods only: which of their events are told. */
import type { HookPods, LabelRequirement } from "../../policy/hookSpec.js";
import type { Pod } from "../model.js";

export type PodTest = (pod: Pod | undefined) => boolean;

/** False outside of pods and containers, and while a pod is not known. */
export function podTest({ namespace, pod: labels, container: fields }: HookPods): PodTest {
  const matches = (pod: Pod): boolean => {
    if (namespace !== undefined && pod.namespace !== namespace) return false;
    const values = labels.length === 0 ? noValues : labelValues(pod.labels ?? []);
    if (!labels.every((each) => meets(each, values))) return false;
    return fields.length === 0 || fields.every((each) => meets(each, containerFields(pod)));
  };
  // A pod is one object as long as nothing of it changes.
  const known = new WeakMap<Pod, boolean>();
  return (pod) => {
    if (pod === undefined) return false;
    const before = known.get(pod);
    if (before !== undefined) return before;
    const answer = matches(pod);
    known.set(pod, answer);
    return answer;
  };
}

type Values = ReadonlyMap<string, string>;

const noValues: Values = new Map();

function labelValues(labels: readonly string[]): Values {
  return new Map(
    labels.map((label) => {
      const equals = label.indexOf("=");
      return equals < 0 ? [label, ""] : [label.slice(0, equals), label.slice(equals + 1)];
    }),
  );
}

/** What `containerSelector` can ask for; see `containerFieldNames`. */
function containerFields({ container }: Pod): Values {
  if (container === undefined) return noValues;
  const { name, image } = container;
  // An image's name without tag and digest.
  const repo = image.name.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  return new Map([
    ["name", name],
    ["image", image.name],
    ["repo", repo],
  ]);
}

/** As label selectors of the orchestrator have it: what is absent is in no list. */
function meets({ key, operator, values }: LabelRequirement, of: Values): boolean {
  const value = of.get(key);
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

/** A recording may hold anything. */
export function isHookPods(value: unknown): value is HookPods {
  if (typeof value !== "object" || value === null) return false;
  const { namespace, pod, container } = value as Record<string, unknown>;
  return (
    (namespace === undefined || typeof namespace === "string") &&
    [pod, container].every((list) => Array.isArray(list) && list.every(isRequirement))
  );
}

const operators: readonly unknown[] = ["In", "NotIn", "Exists", "DoesNotExist"];

function isRequirement(value: unknown): value is LabelRequirement {
  if (typeof value !== "object" || value === null) return false;
  const { key, operator, values } = value as Record<string, unknown>;
  return (
    typeof key === "string" &&
    operators.includes(operator) &&
    Array.isArray(values) &&
    values.every((each) => typeof each === "string")
  );
}
