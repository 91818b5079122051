/** What all kinds of hooks have in common once it is known what they can be asked for. */

import type { HookText, Returned } from "../document/hooks.js";
import type { Place, Position } from "../document/problem.js";
import type { Located } from "../document/schema.js";
import type { HookSpec } from "../hookSpec.js";
import type { Signature } from "../kernel/signature.js";
import { resolveArguments, resolveReturned } from "./arguments.js";
import type { Context } from "./context.js";
import { resolveSelectors } from "./selectors.js";
import { resolveTree } from "./trees.js";

export interface ResolvedHook {
  readonly spec: HookSpec;
  readonly at: Position;
}

export interface Returning {
  readonly wanted: boolean;
  readonly returnArg: Located<Returned> | undefined;
}

export function finishHook(
  context: Context,
  signature: Signature,
  text: HookText,
  returning: Returning,
  place: Place,
): ResolvedHook {
  const before = place.problems.length;
  const args = place.attempt(() =>
    resolveArguments(context, signature, text.args, place.in("args")),
  );
  const returned = place.attempt(() => returnedOf(context, signature, text, returning, place));
  // Without its arguments, all that a selector says of them would be wrong, too.
  place.leaveIfBroken(before);
  const hook = { args: args ?? [], ...(returned ? { returned } : {}) };
  const selectors = resolveSelectors(
    context,
    signature,
    hook,
    text.selectors,
    place.in("selectors"),
  );
  const { stackTraceTree } = text;
  const tree = stackTraceTree && resolveTree(context, stackTraceTree, place.in("stackTraceTree"));
  const spec: HookSpec = {
    target: signature.target,
    functionName: signature.functionName,
    ...hook,
    selectors,
    ...(text.message === undefined ? {} : { message: text.message }),
    tags: text.tags,
    ...(tree && { tree }),
  };
  return { spec, at: text.at };
}

function returnedOf(
  context: Context,
  signature: Signature,
  text: HookText,
  { wanted, returnArg }: Returning,
  place: Place,
) {
  if (!wanted && returnArg !== undefined) {
    return place.in("returnArg").refuse(returnArg.at, "it is reported with return: true only");
  }
  if (!wanted) return undefined;
  if (returnArg === undefined) {
    return place.refuse(text.at, "ReturnArg not specified with Return=true");
  }
  const { value, at } = returnArg;
  return resolveReturned(context, signature, value, at, place.in("returnArg"));
}
