/** How trees are listed. */
import type { guidestar } from "../../../proto/generated/api.js";
import { toNumber } from "../../api/numbers.js";
import type { Column } from "../text/table.js";

type Tree = guidestar.StackTraceTree.$Properties;

export const treeColumns: readonly Column<Tree>[] = [
  { title: "TREE", cell: ({ name }) => name ?? "" },
  { title: "POLICY", cell: ({ policy }) => policy ?? "" },
  { title: "STACKS", cell: stacksText },
  number("COUNTED", ({ counted }) => counted),
  number("LOST", ({ lost }) => lost),
  number("UNSEEN", ({ unseen }) => unseen),
  number("CUT", ({ cut }) => cut),
  number("NODES", ({ nodes }) => nodes),
];

function stacksText({ kernel, user }: Tree): string {
  if (kernel && user) return "user+kernel";
  return kernel ? "kernel" : "user";
}

function number(
  title: string,
  value: (tree: Tree) => Parameters<typeof toNumber>[0],
): Column<Tree> {
  return { title, isNumber: true, cell: (tree) => String(toNumber(value(tree))) };
}
