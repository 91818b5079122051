import { guidestar } from "../../proto/generated/api.js";
import { GuidestarError } from "../errors.js";
import type { InOrder } from "../inOrder.js";
import type { HookTarget } from "../policy/hookSpec.js";
import type { HookStatus, PolicyStatus } from "../sensors/policies/status.js";
import { type Handlers, unary } from "./handlers.js";
import type { Sensors } from "./sensors.js";
import { policiesService as service } from "./services.js";

export interface PolicyHandlersOptions {
  readonly sensors: Pick<Sensors, "status" | "delete" | "stackTraceTrees">;
  /** Of all that concerns sensors. */
  readonly queue: InOrder;
}

/** `guidestar.Policies`. */
export function policyHandlers({
  sensors,
  queue,
}: PolicyHandlersOptions): Handlers<typeof service> {
  return {
    List: unary(service.List, () => ({ policies: sensors.status().map(toPolicy) })),
    Delete: unary(service.Delete, async ({ name }, call) => {
      await queue.run(() => {
        if (call.cancelled) throw new GuidestarError("CANCELLED", "the call was cancelled");
        return sensors.delete(name);
      });
      return {};
    }),
    ListStackTraceTrees: unary(service.ListStackTraceTrees, async (_request, call) => ({
      trees: await queue.run(async () => {
        if (call.cancelled) throw new GuidestarError("CANCELLED", "the call was cancelled");
        return [...(await sensors.stackTraceTrees())];
      }),
    })),
  };
}

function toPolicy(policy: PolicyStatus): guidestar.Policy.$Properties {
  const { name, enabled, mode, namespace, hooks } = policy;
  return { name, enabled, mode: modes[mode], namespace, hooks: hooks.map(toHook) };
}

const modes = {
  enforce: guidestar.PolicyMode.POLICY_MODE_ENFORCE,
  monitor: guidestar.PolicyMode.POLICY_MODE_MONITOR,
} as const;

const { HookKind } = guidestar;
const kinds: Readonly<Record<HookTarget["kind"], guidestar.HookKind>> = {
  function: HookKind.HOOK_KIND_FUNCTION,
  syscall: HookKind.HOOK_KIND_SYSCALL,
  tracepoint: HookKind.HOOK_KIND_TRACEPOINT,
  rawTracepoint: HookKind.HOOK_KIND_RAW_TRACEPOINT,
  lsm: HookKind.HOOK_KIND_LSM,
  uprobe: HookKind.HOOK_KIND_UPROBE,
  perf: HookKind.HOOK_KIND_PERF,
};

function toHook(hook: HookStatus): guidestar.PolicyHook.$Properties {
  const { kind, rateLimited, failed, timeNs, memoryBytes, ...same } = hook;
  return {
    ...same,
    kind: kinds[kind],
    rate_limited: rateLimited,
    actions_failed: failed,
    time_ns: timeNs,
    memory_bytes: memoryBytes,
  };
}
