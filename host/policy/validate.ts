/** Looks at policies as a daemon would, without loading anything. */
import { type PolicyDocument, parsePolicies } from "./document/document.js";
import { PolicyError, type Problem } from "./document/problem.js";
import type { KernelFacts } from "./kernel/facts.js";
import { type Resolution, resolvePolicy } from "./resolve/resolve.js";

/** Of one text. */
export interface Validation {
  /** Policies without errors. */
  readonly valid: readonly { readonly name: string; readonly hooks: number }[];
  readonly errors: readonly Problem[];
  /** What only a kernel could tell that was not asked, or not fully. */
  readonly unchecked: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Never throws for what a text can hold. */
export function validatePolicies(yaml: string, facts: KernelFacts): Validation {
  const parsed = attempt(() => parsePolicies(yaml));
  if (Array.isArray(parsed)) return { valid: [], errors: parsed, unchecked: [], warnings: [] };
  const seen = new Set<string>();
  const errors: Problem[] = [];
  const resolved = parsed.value.flatMap((document) => {
    if (seen.has(document.name)) errors.push(twice(document));
    seen.add(document.name);
    const result = attempt(() => resolvePolicy(document, facts));
    if (!Array.isArray(result)) return [result.value];
    errors.push(...result);
    return [];
  });
  const all = (pick: (each: Resolution) => readonly Problem[]) => resolved.flatMap(pick);
  return {
    valid: resolved.map(({ spec }) => ({ name: spec.name, hooks: spec.hooks.length })),
    errors,
    unchecked: all((each) => each.unchecked),
    warnings: all((each) => each.warnings),
  };
}

/** The problems instead of the error that carries them. */
function attempt<Value>(work: () => Value): { readonly value: Value } | Problem[] {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof PolicyError) return [...error.problems];
    throw error;
  }
}

function twice({ name, spec }: PolicyDocument): Problem {
  return {
    at: spec.at,
    message: `sensor ${name} already exists: another policy before has this name`,
  };
}
