/** `struct gs_actions`. */
import { GuidestarError } from "../../../errors.js";
import type { ActionSpec } from "../../../policy/hookSpec.js";

export const rateScopes = { thread: 0, process: 1, global: 2 } as const;
const mostFdChanges = 4;

export type ActionsConfig = ReturnType<typeof actionsConfig>;

/** Throws `INVALID_ARGUMENT` that names the selector for what can't be done. */
export function actionsConfig(actions: readonly ActionSpec[], where: string) {
  const post = only(actions, "post", where);
  const signal = only(actions, "signal", where);
  const override = only(actions, "override", where);
  if (override !== undefined && !(override.error < 0 && override.error >= -4095)) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `${where}: a call can be made to return -1 to -4095, not ${override.error}.`,
    );
  }
  const changes = actions.flatMap(fdChange);
  if (changes.length > mostFdChanges) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `${where}: at most ${mostFdChanges} actions about descriptors are possible.`,
    );
  }
  return {
    rate_interval_ns: post?.rateLimit?.intervalNs ?? 0n,
    rate_scope: rateScopes[post?.rateLimit?.scope ?? "thread"],
    override_error: override?.error ?? 0,
    no_post: Number(actions.some(({ kind }) => kind === "noPost")),
    signal: signal?.signal ?? 0,
    kernel_stack: Number(post?.kernelStack ?? false),
    user_stack: Number(post?.userStack ?? false),
    fd_changes: changes.length,
    pad: [0, 0, 0],
    fd_change: Array.from({ length: mostFdChanges }, (_, i) => changes[i] ?? noChange),
  };
}

/** Of a hook that reports at return: what is posted is decided there. */
export function returnActionsConfig(
  actions: readonly ActionSpec[],
  returnActions: readonly ActionSpec[],
  where: string,
): ActionsConfig {
  const refused = returnActions.find(({ kind }) => kind !== "post" && kind !== "noPost");
  if (refused !== undefined) {
    throw new GuidestarError(
      "INVALID_ARGUMENT",
      `${where}: ${refused.kind} is not possible when a call returns: list it in matchActions.`,
    );
  }
  const kept = actions.filter(({ kind }) => kind === "noPost" || kind === "post");
  const posts = returnActions.some(({ kind }) => kind === "post");
  return actionsConfig(
    posts
      ? [...kept.filter(({ kind }) => kind === "noPost"), ...returnActions]
      : [...kept, ...returnActions],
    where,
  );
}

function only<K extends ActionSpec["kind"]>(
  actions: readonly ActionSpec[],
  kind: K,
  where: string,
): Extract<ActionSpec, { kind: K }> | undefined {
  const all = actions.filter(
    (each): each is Extract<ActionSpec, { kind: K }> => each.kind === kind,
  );
  if (all.length <= 1) return all[0];
  throw new GuidestarError("INVALID_ARGUMENT", `${where}: ${kind} is listed ${all.length} times.`);
}

const pad = [0, 0, 0, 0, 0];
const noChange = { kind: 0, from: 0, to: 0, pad };

function fdChange(action: ActionSpec) {
  switch (action.kind) {
    case "followFd":
      return [{ kind: 1, from: action.fd, to: action.name, pad }];
    case "unfollowFd":
      return [{ kind: 2, from: action.fd, to: 0, pad }];
    case "copyFd":
      return [{ kind: 3, from: action.from, to: action.to, pad }];
    default:
      return [];
  }
}
