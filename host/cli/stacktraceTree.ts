/** `guidestar stacktrace-tree`: which code paths led to what a policy counts. */
import { type Command, Option } from "commander";
import { withClient } from "./globals.js";
import { print, say } from "./output.js";
import { jsonOption, type ShowFlags, showTable, terminalPaint } from "./show.js";
import { printable } from "./text/printable.js";

export function register(program: Command): void {
  const tree = program
    .command("stacktrace-tree")
    .summary("list and print stack trace trees")
    .description(
      "Stack traces that hooks of policies have counted (stackTraceTree), merged into trees.",
    );
  tree
    .command("list")
    .alias("ls")
    .summary("list trees")
    .description("Lists the trees of all policies, with what was counted and what was not.")
    .addOption(jsonOption())
    .addHelpText("after", listHelp)
    .action(list);
  tree
    .command("print")
    .description("Prints a tree: how often, what share, and which function.")
    .argument("<name>", "of the tree")
    .addOption(
      new Option("-o, --output <format>", "print another form instead").choices([
        "json",
        "folded",
        "svg",
      ]),
    )
    .option("--labels", "show what led there: binary, pid, exec_id and pod, at every function")
    .addHelpText("after", printHelp)
    .action(printTree);
}

const listHelp = `
On a terminal: a table. Else one tree a line, fields separated by tabs: tree, policy, which stacks,
counted, lost (the kernel had no room), unseen (the process was gone), cut (the tree has no room),
functions in the tree.

Example:
  guidestar stacktrace-tree list`;

const printHelp = `
folded: a line for each stack, functions with ; between, and how often.
svg: a flame graph, to be opened in a browser: click to zoom, Ctrl-F to search.

Examples:
  guidestar stacktrace-tree print NAME
  guidestar stacktrace-tree print NAME -o svg > flames.svg
  guidestar stacktrace-tree print NAME -o folded | sort -t' ' -k2 -n`;

interface PrintFlags {
  readonly output?: "json" | "folded" | "svg";
  readonly labels?: true;
}

async function list(flags: ShowFlags, command: Command): Promise<void> {
  const trees = await withClient(command, (client) => client.policies.trees());
  if (flags.output === "json") {
    const { toJson } = await import("../json/protojson.js");
    return print(toJson("guidestar.ListStackTraceTreesResponse", { trees }));
  }
  const { treeColumns } = await import("./stacktrace/columns.js");
  if (trees.length === 0) say("there are no stack trace trees");
  await showTable(treeColumns, trees);
}

async function printTree(name: string, flags: PrintFlags, command: Command): Promise<void> {
  const root = await withClient(command, ({ sensors }) => sensors.getStackTraceTree(name));
  if (flags.output === "json") {
    const { toJson } = await import("../json/protojson.js");
    return print(toJson("fgs.GetStackTraceTreeResponse", { root: root ?? null }));
  }
  if (root === undefined) return say(`the tree ${printable(name)} is empty`);
  if (flags.output === "svg") {
    const { flameGraph } = await import("./stacktrace/svg.js");
    return print(flameGraph(root, name));
  }
  if (flags.output === "folded") {
    const { foldedLines } = await import("./stacktrace/folded.js");
    const lines = foldedLines(root);
    return lines.length === 0
      ? say(`the tree ${printable(name)} is empty`)
      : print(lines.join("\n"));
  }
  const { treeLines } = await import("./stacktrace/text.js");
  const options = { paint: terminalPaint(), labels: flags.labels ?? false };
  await print(treeLines(root, options).join("\n"));
}
