/** A tree as the API's message, small enough for every client. */
import type { fgs } from "../../proto/generated/api.js";
import type { TreeNode } from "./tree.js";

/** Clients take 4 MiB unless they are told otherwise. */
const mostBytes = 3_500_000;
/** Of numbers, tags and lengths. */
const nodeBytes = 32;
const labelBytes = 12;

/** What `shortNode` leaves out is told by this label of the root, with the number of nodes. */
export const prunedLabel = "pruned_nodes";

/** Nodes that count least are left out if all of them would be too much. */
export function toMessage(root: TreeNode, most = mostBytes): fgs.StackTraceNode.$Properties {
  const sizes = new Map<number, { bytes: number; nodes: number }>();
  measure(root, sizes);
  let bytes = 0;
  let least = 0;
  for (const [count, { bytes: more }] of [...sizes].sort(([a], [b]) => b - a)) {
    bytes += more;
    // Those that count the same go together; the root always stays.
    if (bytes > most) break;
    least = count;
  }
  const pruned = [...sizes].reduce(
    (sum, [count, { nodes }]) => sum + (count < least ? nodes : 0),
    0,
  );
  const message = shortNode(root, least);
  if (pruned === 0) return message;
  return { ...message, labels: [...(message.labels ?? []), { key: prunedLabel, count: pruned }] };
}

function measure(node: TreeNode, sizes: Map<number, { bytes: number; nodes: number }>): void {
  let bytes =
    nodeBytes + Buffer.byteLength(node.frame.symbol) + Buffer.byteLength(node.frame.module);
  for (const label of node.labels.keys()) bytes += labelBytes + Buffer.byteLength(label);
  const sum = sizes.get(node.count) ?? { bytes: 0, nodes: 0 };
  sizes.set(node.count, { bytes: sum.bytes + bytes, nodes: sum.nodes + 1 });
  for (const child of node.children.values()) measure(child, sizes);
}

function shortNode(node: TreeNode, least: number): fgs.StackTraceNode.$Properties {
  const { address, symbol, module } = node.frame;
  const children = [...node.children.values()].filter(({ count }) => count >= least);
  return {
    address: { address: unsigned(address), symbol, module },
    count: node.count,
    labels: Array.from(node.labels, ([key, count]) => ({ key, count })),
    children: children.sort((a, b) => b.count - a.count).map((each) => shortNode(each, least)),
  };
}

/** protobufjs' own form of a 64-bit number, as two halves: it crosses threads. */
function unsigned(address: number): NonNullable<fgs.StackAddress.$Properties["address"]> {
  const high = Math.floor(address / 0x1_0000_0000);
  const halves = { low: (address - high * 0x1_0000_0000) | 0, high: high | 0, unsigned: true };
  return halves as unknown as ReturnType<typeof unsigned>;
}
