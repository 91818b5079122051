/** A tree as a flame graph: one SVG file that opens in a browser and needs nothing else. */
import { printable } from "../text/printable.js";
import { childrenOf, countOf, isKernel, type Node, nameOf } from "./node.js";
import { svgScript } from "./svgScript.js";
import { percent } from "./text.js";

const width = 1200;
const rowHeight = 17;
const top = 44;
const bottom = 28;
/** Nobody sees narrower ones, not even zoomed in far. */
const leastWidth = 0.02;
const mostFrames = 30_000;
const characterWidth = 7;

interface Box {
  readonly node: Node;
  readonly x: number;
  readonly width: number;
  readonly depth: number;
}

export function flameGraph(root: Node, title: string): string {
  const boxes = layOut(root);
  const depth = boxes.reduce((most, box) => Math.max(most, box.depth), 0);
  const height = top + (depth + 1) * rowHeight + bottom;
  const total = countOf(root);
  const heading = escaped(printable(title));
  return [
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>',
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="100%" data-width="${width}">`,
    `<title>${heading}</title>`,
    `<style>${style}</style>`,
    `<rect class="background" width="${width}" height="${height}"/>`,
    `<text class="heading" x="${width / 2}" y="24">${heading}</text>`,
    '<text class="button" id="reset" x="10" y="24" style="display:none">Reset zoom</text>',
    `<text class="button" id="search" x="${width - 70}" y="24">Search</text>`,
    ...boxes.map((box) => frameText(box, total, height)),
    `<text id="note" x="10" y="${height - 9}"></text>`,
    `<text id="matched" x="${width - 10}" y="${height - 9}"></text>`,
    `<script><![CDATA[${svgScript}]]></script>`,
    "</svg>",
  ].join("\n");
}

const style = `
text { font: 12px monospace; fill: #222; }
.background { fill: #fafaf7; }
.heading { font: bold 15px sans-serif; text-anchor: middle; }
.button { font: 12px sans-serif; fill: #36c; cursor: pointer; }
#matched { text-anchor: end; }
g.frame { cursor: pointer; }
g.frame rect { stroke: #fafaf7; stroke-width: 0.5; }
g.frame rect:hover { stroke: #222; }
g.frame text { pointer-events: none; }
g.frame rect.hit { fill: #e628e6; }
`;

/** The root first, each before what it calls, as the script expects it. */
function layOut(root: Node): Box[] {
  const total = Number(countOf(root)) || 1;
  const boxes: Box[] = [];
  const place = (node: Node, x: number, depth: number): void => {
    const own = (Number(countOf(node)) / total) * width;
    if (own < leastWidth || boxes.length >= mostFrames) return;
    boxes.push({ node, x, width: own, depth });
    let at = x;
    for (const child of childrenOf(node)) {
      place(child, at, depth + 1);
      at += (Number(countOf(child)) / total) * width;
    }
  };
  place(root, 0, 0);
  if (boxes.length === 0) boxes.push({ node: root, x: 0, width, depth: 0 });
  return boxes;
}

function frameText({ node, x, width: own, depth }: Box, total: bigint, height: number): string {
  const name = printable(nameOf(node));
  const module = node.address?.module ? ` (${printable(node.address.module)})` : "";
  const tip = `${name}${module}: ${countOf(node)}, ${percent(countOf(node), total)}`;
  const y = height - bottom - (depth + 1) * rowHeight;
  const [left, size] = [x.toFixed(3), own.toFixed(3)];
  return [
    `<g class="frame" data-name="${escaped(name)}" data-x="${left}" data-width="${size}" data-depth="${depth}">`,
    `<title>${escaped(tip)}</title>`,
    `<rect x="${left}" y="${y}" width="${size}" height="${rowHeight - 1}" rx="1" fill="${colorOf(node, depth)}"/>`,
    `<text x="${(x + 3).toFixed(3)}" y="${y + 12}">${escaped(fitted(name, own))}</text></g>`,
  ].join("");
}

/** As the script does it, for viewers that run none. */
function fitted(name: string, own: number): string {
  const room = Math.floor((own - 6) / characterWidth);
  if (room < 3) return "";
  return name.length <= room ? name : `${name.slice(0, room - 2)}..`;
}

/** Warm for programs, blue for the kernel, grey for what is no function; the same for the same name. */
function colorOf(node: Node, depth: number): string {
  const name = nameOf(node);
  if (depth === 0 || name.startsWith("[")) return "#c8c8c0";
  let hash = 0;
  for (const char of name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  const [hue, spread] = isKernel(node) ? [200, 25] : [18, 36];
  return `hsl(${hue + (hash % spread)},${70 + ((hash >>> 8) % 20)}%,${60 + ((hash >>> 16) % 14)}%)`;
}

/** For text and attributes of XML. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
