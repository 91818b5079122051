import assert from "node:assert/strict";
import { test } from "node:test";
import { foldedLines } from "../../../../host/cli/stacktrace/folded.js";
import type { Node } from "../../../../host/cli/stacktrace/node.js";
import { escaped, flameGraph } from "../../../../host/cli/stacktrace/svg.js";
import { percent, treeLines } from "../../../../host/cli/stacktrace/text.js";
import { paintFor } from "../../../../host/cli/text/paint.js";

const node = (symbol: string, count: number, children: Node[] = [], address = 1): Node => ({
  address: { address, symbol },
  count,
  children,
});
const kernelAddress = 0xffffffff81000000;

test("folded stacks add up to the whole, and kernel functions are marked", () => {
  const root = node(
    "",
    10,
    [
      node("main", 8, [node("a;b", 3), node("read", 4, [node("vfs_read", 4, [], kernelAddress)])]),
      node("other\n", 1),
    ],
    0,
  );
  assert.deepEqual(foldedLines(root), [
    '"other\\n" 1',
    "main 1",
    "main;a:b 3",
    "main;read;vfs_read_[k] 4",
  ]);
});

test("shares are rounded, whatever the counts", () => {
  assert.equal(percent(1n, 3n), "33.3%");
  assert.equal(percent(2n, 3n), "66.7%");
  assert.equal(percent(1n << 60n, 1n << 60n), "100.0%");
  assert.equal(percent(0n, 0n), "0.0%");
  const lines = treeLines(node("", 4, [node("a", 1), node("b", 3)], 0), {
    paint: paintFor(false),
    labels: false,
  });
  assert.deepEqual(lines, ["4  100.0%  (all)", "├─ 3  75.0%  b", "└─ 1  25.0%  a"]);
});

test("no name of a function gets out of its place in the flame graph", () => {
  const name = `</text><script>alert(1)</script>"'&]]>\x1b\u202e`;
  const svg = flameGraph(node("", 1, [node(name, 1)], 0), name);
  assert.equal(svg.match(/<script>/g)?.length, 1);
  assert.ok(!svg.includes("alert(1)</script>"));
  assert.doesNotMatch(svg, /\p{Cf}|[^\P{Cc}\n]/u);
  assert.equal(escaped(`<&>"'`), "&#60;&#38;&#62;&#34;&#39;");
});

test("a flame graph has a box for each function, as wide as its share", () => {
  const svg = flameGraph(node("", 10, [node("a", 7), node("b", 3), node("tiny", 0)], 0), "cpu");
  const boxes = Array.from(
    svg.matchAll(/data-name="([^"]*)" data-x="([^"]*)" data-width="([^"]*)" data-depth="(\d)"/g),
    ([, name, x, width, depth]) => [name, Number(x), Number(width), Number(depth)],
  );
  assert.deepEqual(boxes, [
    ["(all)", 0, 1200, 0],
    ["a", 0, 840, 1],
    ["b", 840, 360, 1],
  ]);
});
