/** `guidestar stacktrace-tree`: which code paths led to what a sensor counts. */
import type { Command } from "commander";
import type { fgs } from "../../proto/generated/api.js";
import { withClient } from "./globals.js";
import { print, say } from "./output.js";
import { jsonOption, type ShowFlags } from "./show.js";
import { printable } from "./text/printable.js";

type Node = fgs.StackTraceNode.$Properties;

export function register(program: Command): void {
  const tree = program
    .command("stacktrace-tree")
    .summary("print stack trace trees")
    .description("Stack traces that a sensor has collected, merged into a tree.");
  tree
    .command("print")
    .description("Prints a tree: how often, address and symbol of each call, labels.")
    .argument("<name>", "of the tree")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guidestar stacktrace-tree print NAME")
    .action(printTree);
}

async function printTree(name: string, flags: ShowFlags, command: Command): Promise<void> {
  const root = await withClient(command, ({ sensors }) => sensors.getStackTraceTree(name));
  if (flags.output === "json") {
    const { toJson } = await import("../json/protojson.js");
    return print(toJson("fgs.GetStackTraceTreeResponse", { root: root ?? null }));
  }
  if (root === undefined) return say(`the tree ${printable(name)} is empty`);
  await print([nodeText(root), ...childLines(root, "")].join("\n"));
}

/** The frequent ones first. */
function childLines(node: Node, indent: string): string[] {
  const children = [...(node.children ?? [])].sort((a, b) => compareCounts(b.count, a.count));
  return children.flatMap((child, index) => {
    const isLast = index === children.length - 1;
    const line = `${indent}${isLast ? "└─ " : "├─ "}${nodeText(child)}`;
    return [line, ...childLines(child, `${indent}${isLast ? "   " : "│  "}`)];
  });
}

function nodeText({ address, count, labels }: Node): string {
  const place = BigInt(String(address?.address ?? 0));
  // The root has neither address nor symbol.
  const where = place === 0n && !address?.symbol ? ["(all)"] : [`0x${place.toString(16)}`];
  if (address?.symbol) where.push(printable(address.symbol));
  const texts = (labels ?? []).map(({ key, count }) => `${printable(key ?? "")}: ${count ?? 0}`);
  const suffix = texts.length === 0 ? [] : [`{${texts.join(", ")}}`];
  return [String(count ?? 0), ...where, ...suffix].join("  ");
}

function compareCounts(a: Node["count"], b: Node["count"]): number {
  const difference = BigInt(String(a ?? 0)) - BigInt(String(b ?? 0));
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
