import assert from "node:assert/strict";
import { test } from "node:test";
import { type Frame, frameOf } from "../../../host/stacks/frame.js";
import { prunedLabel, toMessage } from "../../../host/stacks/message.js";
import { mostDepth, otherLabels, StackTree, type TreeNode } from "../../../host/stacks/tree.js";
import { fgs } from "../../../proto/generated/api.js";

const frames = (...names: string[]): Frame[] =>
  names.map((name, i) => frameOf(0x1000 * (i + 1), name, "/bin/x"));

const shown = ({ frame, count, children }: TreeNode): unknown => [
  frame.symbol,
  count,
  ...Array.from(children.values(), shown),
];

test("stacks that begin alike share their beginning; counts and labels add up", () => {
  const tree = new StackTree();
  tree.add(frames("main", "a"), 2, ["pid=1"]);
  tree.add(frames("main", "b"), 3, ["pid=2"]);
  tree.add(frames("main", "a"), 5, ["pid=2"]);
  assert.deepEqual(shown(tree.root), ["", 10, ["main", 10, ["a", 7], ["b", 3]]]);
  const main = tree.root.children.values().next().value;
  assert.deepEqual(Object.fromEntries(main?.labels ?? []), { "pid=1": 2, "pid=2": 8 });
  assert.equal(tree.nodes, 3);
});

test("functions of the same name in two files are two", () => {
  const tree = new StackTree();
  tree.add([frameOf(1, "main", "/bin/a")], 1, []);
  tree.add([frameOf(1, "main", "/bin/b")], 1, []);
  assert.equal(tree.nodes, 2);
});

test("a full tree goes on counting at the functions that it has", () => {
  const tree = new StackTree({ nodes: 2, labels: 2 });
  tree.add(frames("main", "a"), 1, ["pid=1"]);
  tree.add(frames("main", "b"), 4, ["pid=2"]);
  tree.add(frames("main", "a"), 1, ["pid=3"]);
  assert.deepEqual(shown(tree.root), ["", 6, ["main", 6, ["a", 2]]]);
  assert.equal(tree.cut, 4);
  assert.deepEqual(Object.fromEntries(tree.root.labels), {
    "pid=1": 1,
    "pid=2": 4,
    [otherLabels]: 1,
  });
});

test("of a stack that is deeper than messages can be, both ends are kept, and it can be read", () => {
  const tree = new StackTree();
  const names = Array.from({ length: 254 }, (_, i) => `f${i}`);
  tree.add(frames(...names), 1, []);
  const bytes = fgs.GetStackTraceTreeResponse.encode({ root: toMessage(tree.root) }).finish();
  let node = fgs.GetStackTraceTreeResponse.decode(bytes).root;
  const read: string[] = [];
  for (; node?.children?.[0]; node = node.children[0]) {
    read.push(node.children[0].address?.symbol ?? "");
  }
  assert.equal(read.length, mostDepth);
  assert.deepEqual([read[0], read[39], read[40], read.at(-1)], ["f0", "f39", "[...]", "f253"]);
});

test("addresses of both halves of the address space are whole in the message", () => {
  const tree = new StackTree();
  tree.add([frameOf(0x7fff_1234_5678, "u", ""), frameOf(-0x7eff_ffff, "k", "")], 1, []);
  const { children } = fgs.StackTraceNode.decode(
    fgs.StackTraceNode.encode(toMessage(tree.root)).finish(),
  );
  const user = children?.[0];
  assert.equal(String(user?.address?.address), String(0x7fff_1234_5678));
  assert.equal(BigInt(String(user?.children?.[0]?.address?.address)), 0xffffffff81000001n);
});

test("a tree that would be too large a message loses what counts least, and says so", () => {
  const tree = new StackTree();
  for (let i = 0; i < 1000; i++) tree.add(frames(`f${i}`), i < 990 ? 1 : 100, []);
  const message = toMessage(tree.root, 5000);
  assert.equal(message.count, 990 + 1000);
  assert.equal(message.children?.length, 10);
  assert.deepEqual(message.labels, [{ key: prunedLabel, count: 990 }]);
  assert.ok(fgs.StackTraceNode.encode(message).finish().length <= 5000);
  assert.equal(toMessage(tree.root).children?.length, 1000);
});
