/** What events need to know of a hook. */
import type {
  ArgumentDescription,
  ArgumentSpec,
  HookDescription,
  HookSpec,
  PolicySpec,
} from "../../policy/hookSpec.js";

/** Undefined: the hook makes no events. */
export function describeHook(
  policy: PolicySpec,
  hook: number,
  spec: HookSpec,
): HookDescription | undefined {
  const { target, functionName, args, returned, message, tags } = spec;
  if (target.kind === "perf" || spec.tree !== undefined) return undefined;
  const where = placeOf(spec);
  return {
    hook,
    policy: policy.name,
    kind: target.kind,
    functionName:
      target.kind === "tracepoint" ? target.event : afterSlash(target.kind, functionName),
    ...(target.kind === "tracepoint" ? { subsystem: target.subsystem } : {}),
    ...(target.kind === "rawTracepoint" ? subsystemOf(functionName) : {}),
    ...(where === undefined ? {} : { where }),
    args: args.map(describe),
    ...(returned === undefined ? {} : { returned: describe(returned) }),
    ...(message === undefined ? {} : { message }),
    tags,
    ...podsOf(policy),
  };
}

function podsOf({ namespace, pods }: PolicySpec): Pick<HookDescription, "pods"> {
  if (namespace === undefined && pods === undefined) return {};
  const { pod, container } = pods ?? { pod: [], container: [] };
  return { pods: { ...(namespace === undefined ? {} : { namespace }), pod, container } };
}

function describe({ type, index, label }: ArgumentSpec): ArgumentDescription {
  return { type, index, ...(label === undefined ? {} : { label }) };
}

function placeOf({ target }: HookSpec): string | undefined {
  if (target.kind === "uprobe") return target.path;
  return target.kind === "function" ? target.module : undefined;
}

/** Raw tracepoints are named as the others are: `sched/sched_process_exec`. */
function afterSlash(kind: HookSpec["target"]["kind"], name: string): string {
  return kind === "rawTracepoint" ? name.slice(name.indexOf("/") + 1) : name;
}

function subsystemOf(name: string): { subsystem?: string } {
  const at = name.indexOf("/");
  return at < 0 ? {} : { subsystem: name.slice(0, at) };
}
