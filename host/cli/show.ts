/** How commands that list things show them: for people, for programs, or as JSON. */
import { Option } from "commander";
import { print } from "./output.js";
import { isColored, type Paint, paintFor } from "./text/paint.js";
import { aligned, type Column, tabSeparated } from "./text/table.js";

export interface ShowFlags {
  readonly output?: "json";
}

/** `-o json`. */
export function jsonOption(): Option {
  return new Option("-o, --output <format>", "print JSON instead").choices(["json"]);
}

/** A table on a terminal; else one line a row, fields separated by tabs, no title line. */
export async function showTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const isForPeople = process.stdout.isTTY;
  await print(isForPeople ? aligned(columns, rows, terminalPaint()) : tabSeparated(columns, rows));
}

/** Colours for standard output, if it takes any. */
export function terminalPaint(): Paint {
  return paintFor(isColored("auto", process.stdout));
}
