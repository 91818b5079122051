/** A tree for people: how often, what share of all, and which function. */
import type { Paint } from "../text/paint.js";
import { printable } from "../text/printable.js";
import { childrenOf, countOf, isKernel, type Node, nameOf } from "./node.js";

export interface TextOptions {
  readonly paint: Paint;
  /** Of every node, not of the root only. */
  readonly labels: boolean;
}

export function treeLines(root: Node, options: TextOptions): string[] {
  const total = countOf(root);
  const lines = [nodeText(root, total, { ...options, labels: true })];
  const walk = (node: Node, indent: string): void => {
    const children = childrenOf(node);
    children.forEach((child, index) => {
      const isLast = index === children.length - 1;
      lines.push(`${indent}${isLast ? "└─ " : "├─ "}${nodeText(child, total, options)}`);
      walk(child, `${indent}${isLast ? "   " : "│  "}`);
    });
  };
  walk(root, "");
  return lines;
}

function nodeText(node: Node, total: bigint, { paint, labels }: TextOptions): string {
  const count = countOf(node);
  const name = printable(nameOf(node));
  const module = node.address?.module;
  const words = [
    String(count),
    paint.dim(percent(count, total)),
    isKernel(node) ? paint.cyan(name) : name,
  ];
  if (module) words.push(paint.dim(`(${printable(module)})`));
  const texts = (node.labels ?? []).map(
    ({ key, count: often }) => `${printable(key ?? "")}: ${often ?? 0}`,
  );
  if (labels && texts.length > 0) words.push(paint.dim(`{${texts.join(", ")}}`));
  return words.join("  ");
}

/** With one digit behind the point; rounded, not cut. */
export function percent(count: bigint, total: bigint): string {
  if (total <= 0n) return "0.0%";
  const tenths = (count * 2000n + total) / (total * 2n);
  return `${tenths / 10n}.${tenths % 10n}%`;
}
