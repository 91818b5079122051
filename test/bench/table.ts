import { styleText } from "node:util";
import type { Goal, Result } from "./bench.js";

const heads = ["bench", "figure", "median", "spread", "unit", "against", "goal", ""] as const;
/** Columns of numbers. */
const rightAligned: ReadonlySet<number> = new Set([2, 3]);

/** One line a figure. `colour`: for a terminal. */
export function table(results: readonly Result[], colour: boolean): string {
  const rows = results.map((result, index) => [
    result.bench === results[index - 1]?.bench ? "" : result.bench,
    ...[result.figure, round(result.median), spread(result), result.unit, result.against],
    ...[goalText(result.goal), metText(result.met)],
  ]);
  const all = [[...heads], ...rows];
  const widths = heads.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? "").length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return rightAligned.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return all
    .map((row, index) => {
      const text = line(row);
      if (!colour) return text;
      if (index === 0) return styleText("bold", text);
      return results[index - 1]?.met === false ? styleText("red", text) : text;
    })
    .join("\n");
}

/** Three digits that mean something. */
export function round(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

function spread({ low, high }: Result): string {
  return `${round(low)}…${round(high)}`;
}

function goalText(goal: Goal | undefined): string {
  if (goal === undefined) return "";
  return "most" in goal ? `≤ ${round(goal.most)}` : `≥ ${round(goal.least)}`;
}

function metText(met: boolean | undefined): string {
  if (met === undefined) return "";
  return met ? "✓" : "missed";
}
