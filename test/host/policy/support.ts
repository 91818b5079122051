import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { parsePolicies, parsePolicyDocument } from "../../../host/policy/document/document.js";
import { PolicyError } from "../../../host/policy/document/problem.js";
import type { HookSpec } from "../../../host/policy/hookSpec.js";
import type { KernelFacts } from "../../../host/policy/kernel/facts.js";
import { syscallTable } from "../../../host/policy/kernel/syscalls/table.js";
import { type Resolution, resolvePolicy } from "../../../host/policy/resolve/resolve.js";

const folder = new URL("../../../../test/policies/", import.meta.url);

/** The policies that must be accepted, by file name. */
export function goodPolicies(): ReadonlyMap<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  assert.ok(names.length >= 7, "the policies are there");
  return new Map(names.map((name) => [name, readFileSync(new URL(name, folder), "utf8")]));
}

const nobody = { unknown: "this machine tells nothing" };

/** Facts of a machine that tells nothing of its kernel. */
export const noFacts: KernelFacts = {
  syscalls: syscallTable("x64"),
  btf: nobody,
  function: () => nobody,
  functionNames: () => [],
  traceable: () => nobody,
  tracepoint: () => nobody,
  tracepointNames: () => [],
  errorInjectable: () => nobody,
  hostNamespace: () => nobody,
};

export function policy(spec: string): string {
  const indented = spec.replace(/^/gm, "  ");
  return `metadata: {name: test}\nspec:\n${indented}\n`;
}

export function resolve(spec: string, facts: KernelFacts = noFacts): Resolution {
  return resolvePolicy(parsePolicyDocument(policy(spec)), facts);
}

/** The one hook that comes of it. */
export function hook(spec: string, facts: KernelFacts = noFacts): HookSpec {
  const { hooks } = resolve(spec, facts).spec;
  assert.equal(hooks.length, 1);
  return hooks[0] as HookSpec;
}

/** `line:column: message` of all that is wrong; fails if nothing is. */
export function problemsOf(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof PolicyError, String((error as Error).stack));
    assert.equal(error.code, "INVALID_ARGUMENT");
    return error.problems.map(({ at, message }) => `${at.line}:${at.column}: ${message}`);
  }
  return assert.fail("nothing was refused");
}

/** Reads, and resolves against the facts. */
export function check(yaml: string, facts: KernelFacts): Resolution[] {
  return parsePolicies(yaml).map((document) => resolvePolicy(document, facts));
}
