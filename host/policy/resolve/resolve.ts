/** Documents and a kernel's facts → what can be loaded. */

import type { PolicyDocument } from "../document/document.js";
import { collectProblems, type Place, type Problem } from "../document/problem.js";
import { isNone } from "../document/scalars.js";
import type { PolicyMode, PolicySpec } from "../hookSpec.js";
import type { KernelFacts } from "../kernel/facts.js";
import type { Context } from "./context.js";
import type { ResolvedHook } from "./hook.js";
import { resolveKprobe } from "./kprobes.js";
import { resolvePerf } from "./perf.js";
import { resolveLsmHook, resolveTracepoint } from "./tracepoints.js";
import { resolveUprobe } from "./uprobes.js";

export interface Resolution {
  /** To be loaded only if nothing is unchecked. */
  readonly spec: PolicySpec;
  /** What the facts did not tell: the policy may be right or wrong about it. */
  readonly unchecked: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Throws `PolicyError` with all that is wrong. */
export function resolvePolicy(document: PolicyDocument, facts: KernelFacts): Resolution {
  const { name, namespace, spec } = document;
  const unchecked: Problem[] = [];
  const warnings: Problem[] = [];
  return collectProblems((root) => {
    const place = root.in("spec");
    const mode = place.attempt(() => modeOf(document, place.in("options"))) ?? "enforce";
    const lists = new Map(spec.lists.map((list) => [list.name.value, list]));
    const context: Context = {
      facts,
      spec,
      mode,
      unchecked,
      warnings,
      trees: new Map(),
      list: (wanted) => lists.get(wanted),
    };
    const hooks = hooksOf(context, place);
    const [first] = hooks;
    if (first === undefined && place.problems.length === 0) {
      place.refuse(
        spec.at,
        `sensor ${name} could not be found: none of its functions exists on this kernel`,
      );
    }
    const pods = spec.podSelector !== undefined || spec.containerSelector !== undefined;
    const selected = { pod: spec.podSelector ?? [], container: spec.containerSelector ?? [] };
    const resolved: PolicySpec = {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(pods ? { pods: selected } : {}),
      mode,
      hooks: hooks.map((hook) => hook.spec),
    };
    return { spec: resolved, unchecked, warnings };
  });
}

function hooksOf(context: Context, place: Place): ResolvedHook[] {
  const { spec } = context;
  const every = <Text>(
    name: string,
    texts: readonly Text[],
    resolve: (context: Context, text: Text, place: Place) => ResolvedHook[],
  ) =>
    place
      .attempt(() => place.in(name).all(texts, (text, at) => resolve(context, text, at)))
      ?.flat() ?? [];
  return [
    ...every("kprobes", spec.kprobes, resolveKprobe),
    ...every("tracepoints", spec.tracepoints, resolveTracepoint),
    ...every("lsmhooks", spec.lsmhooks, resolveLsmHook),
    ...every("uprobes", spec.uprobes, resolveUprobe),
    ...every("perf", spec.perf, resolvePerf),
  ];
}

const modes: readonly PolicyMode[] = ["enforce", "monitor"];
/** guidestar attaches each function by itself, so there is nothing to disable. */
const withoutEffect = ["disable-kprobe-multi", "disable-uprobe-multi"];

function modeOf({ spec }: PolicyDocument, place: Place): PolicyMode {
  let mode: PolicyMode = "enforce";
  place.all(spec.options, ({ name, value }, here) => {
    if (withoutEffect.includes(name.value)) return;
    if (name.value !== "policy-mode") {
      here.in("name").refuse(name.at, isNone(name.value, ["policy-mode", ...withoutEffect]));
    }
    const found = modes.find((each) => each === value.value);
    if (found === undefined) here.in("value").refuse(value.at, isNone(value.value, modes));
    else mode = found;
  });
  return mode;
}
