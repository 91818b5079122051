/** Rows of cells: in aligned columns for people, with tabs between for programs. */
import type { Paint } from "./paint.js";
import { printable } from "./printable.js";
import { displayWidth, padEndColumns, padStartColumns } from "./width.js";

export interface Column<Row> {
  /** Shown on a terminal only. */
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly isNumber?: boolean;
}

/** One line a row, the fields separated by tabs, no title line. */
export function tabSeparated<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return rows.map((row) => columns.map(({ cell }) => printable(cell(row))).join("\t")).join("\n");
}

/** Aligned columns under a title line, two blanks between. */
export function aligned<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paint: Paint,
): string {
  const cells = rows.map((row) => columns.map(({ cell }) => printable(cell(row))));
  const widths = columns.map(({ title }, index) =>
    Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[index] ?? ""))),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, index) => {
        const pad = columns[index]?.isNumber ? padStartColumns : padEndColumns;
        return pad(text, widths[index] ?? 0);
      })
      .join("  ")
      .trimEnd();
  return [paint.bold(line(columns.map(({ title }) => title))), ...cells.map(line)].join("\n");
}
