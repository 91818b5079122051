/** Hooks that name the same tree count in the same one, so they must want the same of it. */
import type { Place } from "../document/problem.js";
import type { StackTraceTreeText } from "../document/trees.js";
import type { TreeSpec } from "../hookSpec.js";
import type { Context } from "./context.js";

export function resolveTree(context: Context, text: StackTraceTreeText, place: Place): TreeSpec {
  const { name, kernel, user } = text;
  const known = context.trees.get(name.value);
  const tree = known ?? { name: name.value, kernel, user };
  context.trees.set(name.value, tree);
  if (tree.kernel !== kernel || tree.user !== user) {
    place.refuse(
      text.at,
      `another hook has the tree ${JSON.stringify(name.value)} with kernel: ${tree.kernel}, user: ${tree.user}; say the same here, or name another tree`,
    );
  }
  return tree;
}
