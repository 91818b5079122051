/** Nodes of a tree as the command reads them. */
import type { fgs } from "../../../proto/generated/api.js";

export type Node = fgs.StackTraceNode.$Properties;

export const countOf = ({ count }: Node): bigint => BigInt(String(count ?? 0));

const addressOf = ({ address }: Node): bigint => BigInt(String(address?.address ?? 0));

/** The upper half of the address space is the kernel's. */
export const isKernel = (node: Node): boolean => addressOf(node) >> 63n === 1n;

/** The symbol, or the address if nobody knows one; the root has neither. */
export function nameOf(node: Node): string {
  const symbol = node.address?.symbol;
  if (symbol) return symbol;
  const address = addressOf(node);
  return address === 0n ? "(all)" : `0x${address.toString(16)}`;
}

/** The frequent ones first. */
export function childrenOf(node: Node): Node[] {
  return [...(node.children ?? [])].sort((a, b) => compare(countOf(b), countOf(a)));
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Calls in which this function is the innermost one. */
export function ownCount(node: Node): bigint {
  return (node.children ?? []).reduce((rest, child) => rest - countOf(child), countOf(node));
}
