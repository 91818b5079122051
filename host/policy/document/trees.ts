/** `stackTraceTree` of a hook, and `perf`, which has nothing but a tree. */
import { limits } from "../resolve/limits.js";
import { flag, integer, oneOf, properText } from "./scalars.js";
import { list, located, object, optional, type Read, required, withDefault } from "./schema.js";
import { selector } from "./selectors.js";

const mostNameBytes = 128;

const treeName: Read<string> = (node, place) => {
  const name = properText(node, place);
  if (Buffer.byteLength(name) > mostNameBytes) {
    place.refuse(node.at, `the name of a tree has at most ${mostNameBytes} bytes`);
  }
  return name;
};

const fields = object("a stack trace tree", {
  name: required(located(treeName), "under which the tree is read"),
  kernel: withDefault(flag, true),
  user: withDefault(flag, true),
});

export const stackTraceTree: Read<ReturnType<typeof fields>> = (node, place) => {
  const tree = fields(node, place);
  if (!tree.kernel && !tree.user) {
    place.refuse(tree.at, "a tree without kernel and user stacks has nothing in it");
  }
  return tree;
};
export type StackTraceTreeText = ReturnType<typeof fields>;

export const treeField = optional(stackTraceTree);

export const perf = object("a perf source", {
  event: withDefault(oneOf(["cpu-clock"] as const), "cpu-clock"),
  frequency: withDefault(integer(1, 10_000), 99),
  stackTraceTree: required(stackTraceTree, "samples are told of in no other way"),
  selectors: withDefault(list("selectors", selector, limits.selectors), []),
});
export type Perf = ReturnType<typeof perf>;
