/** `guidestar probe`: what this machine's kernel offers, and what is made of it. */
import type { Command } from "commander";
import type { KernelProbe, ProbedFeature } from "../sensors/probe.js";
import { ExitRequest, exitCodes } from "./exit.js";
import { print, say } from "./output.js";
import { jsonOption, type ShowFlags, terminalPaint } from "./show.js";
import { printable } from "./text/printable.js";
import { aligned, type Column, tabSeparated } from "./text/table.js";
import { wrapped } from "./text/width.js";

export function register(program: Command): void {
  program
    .command("probe")
    .summary("show what this kernel offers and what will be used of it")
    .description(
      "Shows what this machine's kernel offers, and what a daemon here makes of it. Needs the same privileges as the daemon, but no daemon; takes about a second.",
    )
    .addOption(jsonOption())
    .addHelpText("after", help)
    .action(probe);
}

const help = `
The exit code is 1 if live events don't work here; what is missing is told on standard error.
Output into a pipe: one feature a line, with tabs between name, yes or no, use, and reason.

Examples:
  sudo guidestar probe
  sudo guidestar probe -o json | jq .ready`;

async function probe(flags: ShowFlags): Promise<void> {
  const { probeKernel } = await import("../sensors/probe.js");
  const found = probeKernel();
  if (flags.output === "json") await print(JSON.stringify(found));
  else if (process.stdout.isTTY) await print(probeText(found, process.stdout.columns));
  else if (found.features.length > 0) await print(tabSeparated(columns, found.features));
  for (const problem of found.problems) say(problem);
  if (!found.ready) throw new ExitRequest(exitCodes.failed);
}

const columns: readonly Column<ProbedFeature>[] = [
  { title: "FEATURE", cell: ({ name }) => name },
  { title: "HERE", cell: ({ available }) => (available ? "yes" : "no") },
  { title: "USE", cell: ({ use }) => use },
  { title: "REASON", cell: ({ reason }) => reason ?? "" },
];

/** For people; lines are broken at the width in columns. */
export function probeText(found: KernelProbe, width: number, paint = terminalPaint()): string {
  const { kernel, machine, libbpf, ready, features } = found;
  const lines = [
    `Linux ${kernel} on ${machine}${libbpf === undefined ? "" : `, libbpf ${libbpf}`}`,
    `Live events: ${ready ? "yes" : paint.red("no")}`,
  ];
  if (features.length === 0) return lines.join("\n");
  // A reason can be long: it stands under its feature, not in a column.
  const [title = "", ...rows] = aligned(columns.slice(0, 3), features, paint).split("\n");
  lines.push("", title);
  for (const [index, row] of rows.entries()) {
    lines.push(row);
    const reason = features[index]?.reason;
    if (reason === undefined) continue;
    lines.push(...wrapped(printable(reason), width - 4).map((line) => paint.dim(`    ${line}`)));
  }
  return lines.join("\n");
}
