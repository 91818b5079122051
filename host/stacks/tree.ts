/** Stacks merged into a tree, the outermost function first; bounded. */
import { type Frame, noted } from "./frame.js";

export interface TreeNode {
  readonly frame: Frame;
  count: number;
  readonly children: Map<string, TreeNode>;
  /** By label, `key=value`. */
  readonly labels: Map<string, number>;
}

/**
 * Messages inside each other that every client reads are 100 at most; two are around the nodes. Of a
 * deeper stack the middle is left out: both ends tell more.
 */
export const mostDepth = 96;
const outermost = 40;
const leftOut = noted("[...]");

/** What has no label of its own any more. */
export const otherLabels = "other";

export interface TreeLimits {
  readonly nodes: number;
  /** Of one node, for each key. */
  readonly labels: number;
}

export const defaultTreeLimits: TreeLimits = { nodes: 100_000, labels: 64 };

export class StackTree {
  readonly root: TreeNode = newNode(noted(""));
  /** Calls whose innermost functions had no room. */
  cut = 0;
  #nodes = 0;

  constructor(private readonly limits = defaultTreeLimits) {}

  get nodes(): number {
    return this.#nodes;
  }

  /** `stack`: outermost first. Each label counts at every node of it. */
  add(stack: readonly Frame[], count: number, labels: readonly string[]): void {
    let node = this.root;
    this.#count(node, count, labels);
    for (const frame of shortened(stack)) {
      const child = node.children.get(frame.key) ?? this.#grow(node, frame);
      if (child === undefined) {
        this.cut += count;
        return;
      }
      node = child;
      this.#count(node, count, labels);
    }
  }

  #grow(parent: TreeNode, frame: Frame): TreeNode | undefined {
    if (this.#nodes >= this.limits.nodes) return undefined;
    this.#nodes++;
    const child = newNode(frame);
    parent.children.set(frame.key, child);
    return child;
  }

  #count(node: TreeNode, count: number, labels: readonly string[]): void {
    node.count += count;
    for (const label of labels) {
      const isRoom = node.labels.has(label) || node.labels.size < this.limits.labels;
      const key = isRoom ? label : otherLabels;
      node.labels.set(key, (node.labels.get(key) ?? 0) + count);
    }
  }
}

function shortened(stack: readonly Frame[]): readonly Frame[] {
  if (stack.length <= mostDepth) return stack;
  const innermost = mostDepth - outermost - 1;
  return [...stack.slice(0, outermost), leftOut, ...stack.slice(-innermost)];
}

const newNode = (frame: Frame): TreeNode => ({
  frame,
  count: 0,
  children: new Map(),
  labels: new Map(),
});
