/** `perf`: samples of what runs. They have no arguments, and nothing can be done to them. */
import type { Place } from "../document/problem.js";
import type { Perf } from "../document/trees.js";
import type { Signature } from "../kernel/signature.js";
import type { Context } from "./context.js";
import { finishHook, type ResolvedHook } from "./hook.js";

const possible = new Set(["post", "nopost"]);

export function resolvePerf(context: Context, text: Perf, place: Place): ResolvedHook[] {
  const signature: Signature = {
    target: { kind: "perf", frequencyHz: text.frequency },
    functionName: text.event,
    user: false,
    parameter: () => "a sample has no arguments",
    noReturn: "a sample does not return",
    noOverride: "a sample has no result",
  };
  place.in("selectors").all(text.selectors, ({ matchActions, matchReturnActions }, at) => {
    at.in("matchActions").all([...matchActions, ...matchReturnActions], (action, here) => {
      const { value, at: where } = action.action;
      if (possible.has(value.toLowerCase())) return;
      here
        .in("action")
        .refuse(where, "of a sample there is only Post, which counts it, and NoPost");
    });
  });
  const hook = { ...text, message: undefined, tags: [], args: [] };
  return [finishHook(context, signature, hook, { wanted: false, returnArg: undefined }, place)];
}
