/**
 * A tree as folded stacks, a line each: functions from the outermost to the innermost with `;`
 * between, a space, and how often. What flame graph and profile viewers read.
 */
import { printable } from "../text/printable.js";
import { isKernel, type Node, nameOf, ownCount } from "./node.js";

/** Functions of the kernel are marked `_[k]`, as other tools do. */
export function foldedLines(root: Node): string[] {
  const sums = new Map<string, bigint>();
  const walk = (node: Node, path: string): void => {
    const own = ownCount(node);
    if (own > 0n && path !== "") sums.set(path, (sums.get(path) ?? 0n) + own);
    for (const child of node.children ?? []) {
      walk(child, path === "" ? frameText(child) : `${path};${frameText(child)}`);
    }
  };
  walk(root, "");
  return Array.from(sums, ([path, count]) => `${path} ${count}`).sort();
}

function frameText(node: Node): string {
  const name = printable(nameOf(node)).replaceAll(";", ":");
  return isKernel(node) ? `${name}_[k]` : name;
}
