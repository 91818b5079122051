/** Columns that a text takes on a terminal. */
import { stripVTControlCharacters } from "node:util";

const escapeChar = "\u001b";
const notAscii = /[^ -~]+/g;
const combining = /^\p{M}/u;
const wide =
  /^(?:\p{Emoji_Presentation}|.\u{fe0f}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])/u;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Colour sequences take none, emoji and East Asian wide characters two. */
export function displayWidth(text: string): number {
  const visible = text.includes(escapeChar) ? stripVTControlCharacters(text) : text;
  let columns = visible.length;
  // Segmenting is slow, and most of a line is ASCII.
  for (const [run] of visible.matchAll(notAscii)) columns += segmentedWidth(run) - run.length;
  return columns;
}

/** Of what has been asked for: the same few emoji again and again. */
const known = new Map<string, number>();
const maxKnown = 1000;

function segmentedWidth(text: string): number {
  const found = known.get(text);
  if (found !== undefined) return found;
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) {
    // A mark at the beginning belongs to the ASCII letter before.
    if (!combining.test(segment)) columns += wide.test(segment) ? 2 : 1;
  }
  if (known.size < maxKnown) known.set(text, columns);
  return columns;
}

export function padEndColumns(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - displayWidth(text)));
}

export function padStartColumns(text: string, columns: number): string {
  return " ".repeat(Math.max(0, columns - displayWidth(text))) + text;
}

/** Lines of at most `columns`, broken at blanks; a longer word has a line of its own. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && displayWidth(longer) > columns) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
