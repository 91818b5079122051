/** Policies for certain pods: what they can be, as pods are known in user space only. */
import { GuidestarError } from "../../errors.js";
import type { PolicySpec } from "../../policy/hookSpec.js";

/** Why the policy cannot be loaded; undefined: it can. */
export function podsObstacle(spec: PolicySpec, podsKnown: boolean): GuidestarError | undefined {
  const { name, namespace, pods, hooks } = spec;
  if (pods === undefined && namespace === undefined) return undefined;
  const what = `policy ${name} is for certain pods`;
  if (!podsKnown) {
    const reason = `${what}, and no container runtime is asked for them here; nothing was changed`;
    return new GuidestarError("FAILED_PRECONDITION", reason);
  }
  if (hooks.some(({ tree }) => tree !== undefined)) {
    return new GuidestarError(
      "UNIMPLEMENTED",
      `${what} and has a stackTraceTree, in which the kernel counts all processes: it cannot tell pods apart; nothing was changed`,
    );
  }
  const acts = hooks.some(({ selectors }) =>
    selectors.some(({ actions, returnActions }) =>
      [...actions, ...returnActions].some(({ kind }) => kind === "signal" || kind === "override"),
    ),
  );
  if (!acts) return undefined;
  return new GuidestarError(
    "UNIMPLEMENTED",
    `${what} and has Sigkill, Signal or Override, which the kernel would do to all processes: it cannot tell pods apart; nothing was changed`,
  );
}
