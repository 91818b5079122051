/** How the results of `plugin test` are shown. */
import { type Event, EventType } from "../../events/model.js";
import type { PluginCounts } from "../../plugins/prepared.js";
import { type CaseResult, type Row, severityName } from "../../plugins/testing/runCase.js";
import { isColored, type Paint, paintFor } from "../text/paint.js";
import { printable } from "../text/printable.js";
import { aligned, type Column } from "../text/table.js";
import { grouped } from "../text/units.js";

const longestCell = 48;

const columns: readonly Column<Row & { readonly number: number }>[] = [
  { title: "#", isNumber: true, cell: ({ number }) => String(number) },
  { title: "EVENT", cell: ({ event }) => kindOf(event) },
  { title: "PROCESS", cell: ({ event }) => cut(processText(event)) },
  { title: "VERDICT", cell: ({ verdict }) => verdict },
  { title: "FUEL", isNumber: true, cell: ({ fuel }) => grouped(fuel) },
  { title: "ANNOTATIONS", cell: ({ annotations }) => pairs(annotations) },
];

/** The table of a case, what was made, and what is not as it should be. */
export function caseText(
  result: CaseResult,
  paint: Paint = paintFor(isColored("auto", process.stdout)),
): string {
  const rows = result.rows.map((row, number) => ({ ...row, number }));
  const lines = [aligned(columns, rows, paint)];
  for (const event of result.emitted) lines.push(madeText(event));
  for (const event of result.findings) lines.push(madeText(event));
  for (const line of result.log) lines.push(`log ${printable(line)}`);
  for (const failure of result.failures) lines.push(paint.red(`FAILED ${printable(failure)}`));
  return lines.join("\n");
}

/** `emitted exec /bin/sh (3 times) {…}`. */
export function madeText(event: Event): string {
  const process = printable(processText(event));
  if (event.type === EventType.FINDING) {
    const { severity, name, message, attributes } = event;
    const what = printable(`${severityName(severity)} ${name}: ${message}`);
    return `finding ${process} ${what} ${pairs(Object.fromEntries(attributes ?? []))}`.trimEnd();
  }
  const times = event.aggregated === undefined ? "" : ` (${event.aggregated} times)`;
  const notes = pairs(Object.fromEntries(event.annotations ?? []));
  return `emitted ${kindOf(event)} ${process}${times} ${notes}`.trimEnd();
}

/** An event of a recording: `drop exec /bin/true`, `keep exec /bin/sh {…}`, or what was made. */
export function shownText(event: Event, fate: string): string {
  if (fate === "made") return madeText(event);
  const notes = pairs(Object.fromEntries(event.annotations ?? []));
  return `${fate} ${kindOf(event)} ${printable(cut(processText(event)))} ${notes}`.trimEnd();
}

/** `12 events: 10 kept, 2 dropped; 1,234 units of fuel and 456 ns an event`. */
export function countsText(events: number, counts: PluginCounts): string {
  const seen = Math.max(counts.seen, 1);
  const made = [
    [counts.annotated, "annotated"],
    [counts.emitted, "emitted"],
    [counts.findings, "findings"],
    [counts.failed, "failed"],
  ] as const;
  const more = made.filter(([n]) => n > 0).map(([n, what]) => `${grouped(n)} ${what}`);
  const fates = [`${grouped(counts.kept)} kept`, `${grouped(counts.dropped)} dropped`, ...more];
  const fuel = grouped(Math.round(counts.fuel / seen));
  const ns = grouped(Math.round(counts.timeNs / seen));
  const seenOnly = counts.seen === events ? "" : `, ${grouped(counts.seen)} of them seen`;
  return `${grouped(events)} events${seenOnly}: ${fates.join(", ")}; ${fuel} units of fuel and ${ns} ns an event`;
}

function kindOf(event: Event): string {
  if (event.type === EventType.EXEC) return "exec";
  if (event.type === EventType.TEST) return "test";
  return event.type === EventType.EXIT ? "exit" : "call";
}

function processText({ process }: Event): string {
  return `${process.binary} ${process.arguments}`.trimEnd();
}

function pairs(annotations: Readonly<Record<string, string>>): string {
  const words = Object.entries(annotations).map(([key, value]) => `${key}=${value}`);
  return words.length === 0 ? "" : printable(`{${words.join(", ")}}`);
}

function cut(text: string): string {
  return text.length > longestCell ? `${text.slice(0, longestCell - 1)}…` : text;
}
